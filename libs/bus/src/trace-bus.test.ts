import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { traceparentHeader } from '@streamforge/contracts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectBus } from './connect-bus.ts'
import type { Bus, IncomingMessage } from './bus.ts'
import { traceBus, type BusTracer } from './trace-bus.ts'

const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const made = '00-4bf92f3577b34da6a3ce929d0e0e4736-1111111111111111-01'
let directory: string
let plain: Bus

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-trace-bus-'))
  plain = await connectBus({ kind: 'embedded', directory })
  await plain.admin.createTopic({ name: 'numbers', partitions: 1 })
})
afterEach(async () => {
  await plain.close()
  await rm(directory, { recursive: true, force: true })
})

function tracer(follows = true) {
  const told: unknown[] = []
  const own: BusTracer = {
    publishing(publish) {
      told.push(publish)
      return follows ? { traceparent: made, end: (error) => told.push(error === undefined ? 'ended' : 'failed') } : undefined
    },
    async handling({ traceparents, ...batch }, handle) {
      told.push({ ...batch, traceparents })
      await handle()
      told.push('handled')
    },
  }
  return { bus: traceBus(plain, own), told }
}

async function received(bus: Bus, count: number): Promise<IncomingMessage[]> {
  const messages: IncomingMessage[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const consumer = await bus.consume({ group: 'readers', topics: ['numbers'], from: 'earliest' }, async (batch) => {
    messages.push(...batch.messages)
    if (messages.length >= count) resolve()
  })
  await promise
  await consumer.close()
  return messages
}

it('puts the trace of a publish into the headers of its messages, beside those they have', async () => {
  const { bus, told } = tracer()
  const headers = { schema: 'numbers' }
  await bus.publish('numbers', [{ key: 'a', value: '1', headers }, { key: 'a', value: '2', headers }, { key: 'a', value: '3' }])
  expect(headers).toEqual({ schema: 'numbers' })
  expect(told).toEqual([{ topic: 'numbers', messages: 3, parent: undefined }, 'ended'])
  const messages = await received(bus, 3)
  expect(messages.map((message) => message.headers)).toEqual([
    { schema: 'numbers', [traceparentHeader]: made }, { schema: 'numbers', [traceparentHeader]: made }, { [traceparentHeader]: made },
  ])
  expect(told.slice(2)).toEqual([{ topic: 'numbers', partition: 0, group: 'readers', messages: 3, traceparents: [made] }, 'handled'])
})

it('takes the trace that messages carry for the parent', async () => {
  const { bus, told } = tracer()
  await bus.publish('numbers', [{ value: '1', headers: { [traceparentHeader]: given } }])
  expect(told[0]).toEqual({ topic: 'numbers', messages: 1, parent: given })
  expect((await received(plain, 1))[0]!.headers[traceparentHeader]).toBe(made)
})

it('leaves alone what nobody follows', async () => {
  const { bus, told } = tracer(false)
  await bus.publish('numbers', [{ value: '1', headers: { schema: 'numbers' } }])
  expect((await received(bus, 1))[0]!.headers).toEqual({ schema: 'numbers' })
  expect(told).toHaveLength(1)
})

it('tells of a publish that failed, and lets its error through', async () => {
  const { bus, told } = tracer()
  await expect(bus.publish('nowhere', [{ value: '1' }])).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
  expect(told.at(-1)).toBe('failed')
})

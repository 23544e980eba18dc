import { mkdtemp, rm } from 'node:fs/promises'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Bus } from '../bus.ts'
import { channels, type StalledDiagnostic } from '../channels.ts'
import { expectCode, newTopic, numbered, recorder, unique } from '../contract/contract-tools.ts'
import { openEmbeddedBus } from './embedded-bus.ts'
import { TopicLog } from './topic-log.ts'

let directory: string
const open = (publishWithinMs?: number): Promise<Bus> => openEmbeddedBus({ directory, timing: { coordinationMs: 10 }, ...(publishWithinMs !== undefined && { publishWithinMs }) })

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-full-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(directory, { recursive: true, force: true })
})

/** What SQLite says on a full disk (SQLITE_FULL), so many times. */
function fillDisk(times: number): void {
  const append = TopicLog.prototype.append
  let left = times
  vi.spyOn(TopicLog.prototype, 'append').mockImplementation(function (this: TopicLog, frames) {
    if (left-- > 0) throw Object.assign(new Error('database or disk is full'), { errcode: 13 })
    return append.call(this, frames)
  })
}

it('waits for space, keeps the order of what waits, and tells that it does', async () => {
  const bus = await open()
  const topic = await newTopic(bus)
  const stalls: StalledDiagnostic[] = []
  const listener = (message: unknown) => void stalls.push(message as StalledDiagnostic)
  subscribe(channels.stalled.name as string, listener)
  fillDisk(3)
  const first = bus.publish(topic, numbered(2, 0, 'a'))
  const second = bus.publish(topic, numbered(2, 0, 'b'))
  await Promise.all([first, second])
  unsubscribe(channels.stalled.name as string, listener)
  const seen = recorder()
  await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
  await seen.received(4)
  expect(seen.texts()).toEqual(['a0', 'a1', 'b0', 'b1'])
  expect(stalls.map(({ topic: name, attempt }) => [name, attempt])).toEqual([[topic, 1], [topic, 2], [topic, 3]])
  await bus.close()
})

it('gives up when the disk stays full for too long, and at once when the bus is closed', async () => {
  const bus = await open(0)
  const topic = await newTopic(bus)
  fillDisk(Infinity)
  await expectCode(bus.publish(topic, numbered(1)), 'BUS_UNAVAILABLE')
  await bus.close()
  const patient = await open()
  const refused = expectCode(patient.publish(topic, numbered(1)), 'BUS_UNAVAILABLE')
  await patient.close()
  await refused
})

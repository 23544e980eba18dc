import type { Bus, OutgoingMessage } from '@streamforge/bus'
import { type QueueEvent, StreamForgeError } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { createOutbox } from './event-outbox.ts'
import { createLogger } from './logger.ts'

const log = createLogger({ service: 'test', level: 'silent' })
const event = (status: 'started' | 'loading' | 'heartbeat' | 'finished', records: number): QueueEvent => ({
  queue_id: 'queue-1', producer: 'loader-producer__a1b2c3', attempt: 1, symbol: 'BTCUSDT', type: 'api_trades', status,
  message: status, records_written: records, finished: status === 'finished', timestamp: 1,
})

/** A bus that fails as often as it is told to, and opens a gate before each publish. */
function fakeBus(failures: (StreamForgeError | undefined)[] = []) {
  const published: { status: string; records_written: number }[] = []
  const publish = async (_topic: string, messages: readonly OutgoingMessage[]) => {
    await Promise.resolve()
    const failure = failures.shift()
    if (failure) throw failure
    published.push(...messages.map((message) => JSON.parse(String(message.value)) as { status: string; records_written: number }))
    return []
  }
  return { published, bus: { publish } as unknown as Bus }
}

const outboxOn = (bus: Bus, ensureTopics = () => Promise.resolve()) =>
  createOutbox({ bus, log, random: () => 0.5, ensureTopics, retry: { initialMs: 1, maxMs: 2 } })
const away = new StreamForgeError('BUS_UNAVAILABLE', 'away')

describe('the outbox of events', () => {
  it('publishes in the order in which events were sent', async () => {
    const { bus, published } = fakeBus()
    const outbox = outboxOn(bus)
    for (const sent of [event('started', 0), event('loading', 1), event('finished', 2)]) outbox.send(sent)
    expect(await outbox.flush(1000)).toBe(true)
    expect(published.map(({ status }) => status)).toEqual(['started', 'loading', 'finished'])
  })

  it('tries again until the bus takes them, and keeps only the newest totals meanwhile', async () => {
    const { bus, published } = fakeBus([away, away, away])
    const outbox = outboxOn(bus)
    outbox.send(event('started', 0))
    for (let records = 1; records <= 50; records++) outbox.send(event('loading', records))
    outbox.send(event('finished', 50))
    expect(await outbox.flush(5000)).toBe(true)
    expect(published.map((e) => [e.status, e.records_written])).toEqual([['started', 0], ['loading', 50], ['finished', 50]])
  })

  it('makes the topics when they are not there', async () => {
    const { bus, published } = fakeBus([new StreamForgeError('TOPIC_NOT_FOUND', 'queue-events')])
    let made = 0
    const outbox = outboxOn(bus, async () => void made++)
    outbox.send(event('started', 0))
    expect(await outbox.flush(1000)).toBe(true)
    expect({ made, count: published.length }).toEqual({ made: 1, count: 1 })
  })

  it('says so when events are left at the end', async () => {
    const never = { publish: () => new Promise(() => undefined) } as unknown as Bus
    const outbox = outboxOn(never)
    outbox.send(event('finished', 1))
    expect(await outbox.flush(1)).toBe(false)
  })

  it('refuses an event that does not fit its schema', () => {
    expect(() => outboxOn(fakeBus().bus).send(event('loading', 1.5))).toThrowError(/records_written/)
  })
})

import fc from 'fast-check'
import { catalog, Candle, DataMessage, QueueEvent } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { certainlyValid } from './certainly-valid.ts'

const time = 1_659_312_000_000
const candle = {
  kind: 'candle', venue: 'binance', symbol: 'BTCUSDT', interval: '5m', open_time: time, open: 1.5, high: 2, low: 1, close: 1.75, volume: 10,
  trade_count: 7, event_time: time + 300_000, known_time: time + 302_000, backfilled: true,
}
const trade = {
  kind: 'trade', venue: 'binance', symbol: 'BTCUSDT', trade_id: 5, price: 1, quantity: 2, buyer_maker: false, first_trade_id: 9,
  event_time: time, known_time: time, backfilled: false,
}
const marker = { kind: 'end_of_stream', queue_id: 'wf-btcusdt-api_trades-20240801-a1b2c3', attempt: 1, shard: 0, shards: 1, partition: 0, records: 3 }

const oddValue = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, '', 'candle', 'btcusdt', '5m', 0, -1, -0, 1.5, 2 ** 60, NaN, Infinity, true, [], {}, time, '7', 1e300),
  fc.anything(),
)
/** A sound message with some fields changed, removed or added. */
const damaged = fc.tuple(
  fc.constantFrom<Record<string, unknown>>(candle, trade, marker),
  fc.array(fc.tuple(fc.oneof(fc.constantFrom(...Object.keys({ ...candle, ...trade, ...marker })), fc.string()), fc.option(oddValue)), { maxLength: 3 }),
).map(([message, changes]) => {
  const result: Record<string, unknown> = { ...message }
  for (const [name, value] of changes) {
    if (value === null) delete result[name]
    else if (name !== '__proto__') result[name] = value
  }
  return result
})

describe('certainlyValid', () => {
  it.each([['candle', candle], ['trade', trade], ['marker', marker]])('recognises a sound %s', (_, message) => {
    expect(certainlyValid(DataMessage)(message)).toBe(true)
  })

  it('never accepts what the schema refuses, and changes nothing that it would change', () => {
    const valid = certainlyValid(DataMessage)
    let accepted = 0
    fc.assert(fc.property(damaged, (message) => {
      if (!valid(message)) return
      accepted++
      expect(DataMessage.safeParse(message)).toEqual({ success: true, data: message })
    }), { seed: 17, numRuns: 5000 })
    // Otherwise the property would hold for a function that always says no.
    expect(accepted).toBeGreaterThan(500)
  })

  it('never accepts arbitrary values that the schema refuses', () => {
    for (const { schema } of Object.values(catalog)) {
      fc.assert(fc.property(fc.anything(), (value) => {
        if (certainlyValid(schema)(value)) expect(schema.safeParse(value).success).toBe(true)
      }), { seed: 19, numRuns: 500 })
    }
  })

  it('leaves to the schema what parsing would change or what it does not understand', () => {
    expect(certainlyValid(z.strictObject({ a: z.int().default(1) }))({ a: 1 })).toBe(false)
    expect(certainlyValid(z.object({ a: z.int() }))({ a: 1 })).toBe(false)
    expect(certainlyValid(z.strictObject({ a: z.string().transform((s) => s.length) }))({ a: 'x' })).toBe(false)
    expect(certainlyValid(z.strictObject({ a: z.string().refine((s) => s !== 'x') }))({ a: 'x' })).toBe(false)
    expect(certainlyValid(z.strictObject({ a: z.iso.datetime() }))({ a: 'x' })).toBe(false)
    expect(certainlyValid(z.strictObject({ a: z.string().trim() }))({ a: ' x' })).toBe(false)
    expect(certainlyValid(z.string().regex(/x/g))('x')).toBe(false)
    expect(certainlyValid(z.coerce.number())('7')).toBe(false)
    expect(certainlyValid(z.null())(null)).toBe(false)
    const event = {
      queue_id: marker.queue_id, producer: 'loader-producer__a1b2c3', symbol: 'BTCUSDT', type: 'api_trades', status: 'started', message: '',
      records_written: 0, finished: false, timestamp: 1,
    }
    expect(certainlyValid(QueueEvent)(event)).toBe(false)
    expect(QueueEvent.parse(event)).toMatchObject({ attempt: 1 })
  })

  it('understands bounds, lengths, enums and arrays', () => {
    const schema = z.strictObject({ n: z.number().gt(0).lt(5), s: z.string().min(2).max(3), e: z.enum(['a', 'b']), l: z.array(z.boolean()).max(1) })
    const valid = certainlyValid(schema)
    const sound = { n: 1, s: 'ab', e: 'a', l: [true] }
    expect(valid(sound)).toBe(true)
    for (const change of [{ n: 0 }, { n: 5 }, { s: 'a' }, { s: 'abcd' }, { e: 'c' }, { l: [1] }, { l: [true, true] }]) {
      expect(valid({ ...sound, ...change })).toBe(false)
    }
    expect(certainlyValid(Candle)({ ...candle, quote_volume: undefined })).toBe(true)
  })
})

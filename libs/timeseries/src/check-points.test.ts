import fc from 'fast-check'
import { measurementNames, type Measurement, type MeasurementName } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { createPointChecker, pointProblem } from './check-points.ts'
import { toLine } from './influx/line-protocol.ts'
import { definitionOf, seriesKey } from './series-key.ts'
import type { AnyPoint } from './time-series.ts'

const tagValues: Record<string, string[]> = {
  venue: ['binance', 'coinbase'], symbol: ['BTCUSDT', 'ETHUSDT'], interval: ['1m', '5m'], feature_set: ['bars_v1'], model: ['gnn-5m', 'gnn-1h'],
  feed: ['yahoo-stocks', 'rates'], asset: ['stock', 'crypto'], outcome: ['ok', 'failed'],
}
const fieldValue = ({ type }: Measurement['fields'][string]): fc.Arbitrary<number | boolean> =>
  type === 'boolean' ? fc.boolean() : type === 'integer' ? fc.maxSafeInteger() : fc.double({ noNaN: true, noDefaultInfinity: true })

/** Points that fit, of any measurement. */
const anyPoint = fc.constantFrom(...measurementNames).chain((measurement: MeasurementName) => {
  const definition = definitionOf(measurement)
  const tags = Object.fromEntries(Object.keys(definition.tags).map((name) => [name, fc.constantFrom(...tagValues[name]!)]))
  const fields = Object.fromEntries(Object.entries(definition.fields).map(([name, field]) => [name, fc.option(fieldValue(field), { nil: undefined })]))
  return fc.record({
    measurement: fc.constant(measurement), tags: fc.record(tags), fields: fc.record(fields).filter((f) => Object.values(f).some((value) => value !== undefined)),
    time: fc.integer({ min: 946_684_800_000, max: 4_102_444_799_999 }), sub: fc.integer({ min: 0, max: 999_999 }),
  }) as unknown as fc.Arbitrary<AnyPoint>
})

describe('checking points', () => {
  it('has an answer of one kind, whether the series was seen before or not', () => {
    const seen = createPointChecker(1_000)
    fc.assert(fc.property(anyPoint, (point) => {
      expect(pointProblem(point)).toBeUndefined()
      expect(seen.seriesOf(point)).toBe(createPointChecker(1).seriesOf(point))
      for (const wrong of [{ ...point, time: point.time + 0.5 }, { ...point, tags: { ...point.tags, more: '1' } }, { ...point, fields: { ...point.fields, more: 1 } }]) {
        expect(pointProblem(wrong as AnyPoint)).toBeDefined()
        expect(() => seen.seriesOf(wrong as AnyPoint)).toThrow('a point was refused')
      }
    }))
  })

  it('tells apart what has other tags', () => {
    const point = (symbol: string) => seriesKey('quotes', { feed: 'a-b', asset: 'forex', symbol })
    expect(point('EURUSD=X')).toBe('quotes,asset=forex,feed=a-b,symbol=EURUSD\\=X')
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
      expect(point(a) === point(b)).toBe(a === b)
    }))
  })
})

describe('line protocol', () => {
  it('is of one series, values that read back as what they were, and nanoseconds', () => {
    fc.assert(fc.property(anyPoint, (point) => {
      const key = seriesKey(point.measurement, point.tags)
      const line = toLine(point, key)
      expect(line.startsWith(`${key} `)).toBe(true)
      const [values, nanoseconds] = line.slice(key.length + 1).split(' ')
      expect(BigInt(nanoseconds!)).toBe(BigInt(point.time) * 1_000_000n + BigInt(point.sub ?? 0))
      const read = Object.fromEntries(values!.split(',').map((pair) => pair.split('=') as [string, string]))
      const fields = Object.entries(point.fields).filter(([, value]) => value !== undefined)
      expect(Object.keys(read)).toEqual(fields.map(([name]) => name))
      for (const [name, value] of fields) {
        const text = read[name]!
        expect(text.endsWith('i')).toBe(definitionOf(point.measurement).fields[name]!.type === 'integer')
        expect(typeof value === 'boolean' ? text === 'true' : Number(text.replace(/i$/, ''))).toBe(typeof value === 'boolean' ? value : value === 0 ? 0 : value)
      }
    }))
  })
})

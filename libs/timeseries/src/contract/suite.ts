import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect } from 'vitest'
import { StreamForgeError, type ErrorCode } from '@streamforge/contracts'
import type { AnyPoint, TimeSeries } from '../time-series.ts'
import { minute, start } from './candle.ts'

/** What an adapter's test gives to the suite: handles on the same series, and the removal of what they left. */
export interface SeriesUnderTest {
  open(): Promise<TimeSeries>
  /** A handle that takes so many series of a measurement. */
  openWith(mostSeries: number): Promise<TimeSeries>
  dispose(): Promise<void>
}

export interface Suite {
  /** A handle that is open for all tests. */
  readonly series: TimeSeries
  open(): Promise<TimeSeries>
  openWith(mostSeries: number): Promise<TimeSeries>
}

/** Opens a handle before the tests of the enclosing `describe`, and closes all afterwards. */
export function prepareSuite(make: () => Promise<SeriesUnderTest>): Suite {
  const opened: TimeSeries[] = []
  let subject: SeriesUnderTest | undefined
  const keep = async (handle: Promise<TimeSeries>) => {
    opened.push(await handle)
    return opened.at(-1)!
  }
  const open = () => keep(subject!.open())
  beforeAll(async () => {
    subject = await make()
    await open()
  })
  afterAll(async () => {
    for (const handle of opened) await handle.close()
    await subject?.dispose()
  })
  return { get series() { return opened[0]! }, open, openWith: (most) => keep(subject!.openWith(most)) }
}

/** A symbol of one test's own. */
export const ownSymbol = () => `T${randomBytes(6).toString('hex').toUpperCase()}`

export { candle, minute, start } from './candle.ts'

export const sentiment = (symbol: string, index: number, sub: number, score: number): AnyPoint =>
  ({ measurement: 'news_sentiment', tags: { symbol }, time: start + index * minute, sub, fields: { score } })

export const score = (symbol: string, index: number, hit: boolean): AnyPoint => ({
  measurement: 'forecast_scores', tags: { venue: 'binance', symbol, interval: '1m', model: 'gnn-1m' }, time: start + index * minute,
  fields: { value: 0.01, actual: -0.02, hit, covered: true, model_version: 3 },
})

export async function expectCode(code: ErrorCode, work: Promise<unknown>): Promise<StreamForgeError> {
  const error = await work.then(() => undefined, (e: unknown) => e)
  expect(error, `expected an error ${code}`).toBeInstanceOf(StreamForgeError)
  expect((error as StreamForgeError).code).toBe(code)
  return error as StreamForgeError
}

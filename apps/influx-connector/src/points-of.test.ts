import { pointProblem, type AnyPoint } from '@streamforge/timeseries'
import { DataMessage, FeedRun, featureSets, MAX_EPOCH_MS, NewsSentiment, Quote, type DailySentiment } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { candle, feature, feedRun, forecast, forecastScore, minute, quote, sentiment, start } from './connector-fixture.ts'
import { pointsOfData, pointsOfFeedRun, pointsOfQuote, pointsOfSentiment } from './points-of.ts'

const daily: DailySentiment = {
  kind: 'daily_sentiment', symbol: 'AAPL', day: '2024-08-01', articles: 4, positive: 2, neutral: 1, negative: 1, mean: 0.25, scorers: ['lexicon@1'],
  event_time: start + 86_400_000, known_time: start + 86_400_000,
}
const records = [candle(3), feature(3), forecast(3), forecastScore(3)].map((record) => [record.kind, record] as const)
const identity = ({ measurement, tags, time, sub = 0 }: AnyPoint) => JSON.stringify([measurement, Object.entries(tags).toSorted(), time, sub])

it.each(records)('makes one point of a %s, which fits its measurement', (_, record) => {
  expect(DataMessage.safeParse(record).success).toBe(true)
  const points = pointsOfData(record)
  expect(points).toHaveLength(1)
  expect(points.map(pointProblem)).toEqual([undefined])
  expect(points[0]!.time).toBe(start + 3 * minute)
})

it('makes the same point of a record that comes again, backfilled or live', () => {
  expect(pointsOfData(candle(3))).toEqual(pointsOfData(candle(3, { backfilled: false, known_time: start })))
})

it('leaves features out that are not available', () => {
  const fields = Object.keys(pointsOfData(feature(1))[0]!.fields)
  expect(fields).toEqual(['close', ...featureSets.bars_v1.filter((_, i) => i % 5 !== 0)])
})

it('says by how much a forecast was wrong', () => {
  expect(pointsOfData(forecastScore(1))[0]!.fields).toMatchObject({ value: 0.001, actual: -0.002, error: 0.003, hit: false, covered: true })
})

it('makes no points of candles that are not closed, nor of what ends a stream', () => {
  expect(pointsOfData({ ...candle(1), kind: 'candle_open' })).toEqual([])
  expect(pointsOfData({ kind: 'end_of_stream', queue_id: 'wf-x', attempt: 1, shard: 0, shards: 1, partition: 0, records: 1 })).toEqual([])
})

it('makes points of quotes, runs of fetchers, and what news say', () => {
  expect([Quote.safeParse(quote(0)).success, FeedRun.safeParse(feedRun(0)).success, NewsSentiment.safeParse(sentiment(0)).success]).toEqual([true, true, true])
  const points = [...pointsOfQuote(quote(1)), ...pointsOfFeedRun(feedRun(1)), ...pointsOfSentiment(sentiment(1)), ...pointsOfSentiment(daily)]
  expect(points.map(pointProblem)).toEqual([undefined, undefined, undefined, undefined])
  expect(points[1]!.fields).toMatchObject({ delay_ms: 40, faults: 1, duration_ms: 120 })
  expect(points[3]).toMatchObject({ time: start, fields: { mean: 0.25, articles: 4 } })
})

describe('articles of one instant', () => {
  it('are told apart by their ids', () => {
    const points = Array.from({ length: 30 }, (_, i) => pointsOfSentiment(sentiment(i))[0]!)
    expect(new Set(points.map(identity)).size).toBe(30)
    expect(points.map(pointProblem)).toEqual(points.map(() => undefined))
  })
  it('stay one point when one is judged anew', () => {
    const judged = sentiment(7, { score: -1, label: 'negative', scorer: 'finbert', scorer_version: '2' })
    expect(identity(pointsOfSentiment(judged)[0]!)).toBe(identity(pointsOfSentiment(sentiment(7))[0]!))
  })
})

it('leaves a day beyond all bounds to be refused', () => {
  expect(pointProblem(pointsOfSentiment({ ...daily, day: '1990-01-01' })[0]!)).toContain('time')
  expect(pointProblem({ ...pointsOfQuote(quote(0))[0]!, time: MAX_EPOCH_MS } as AnyPoint)).toContain('time')
})

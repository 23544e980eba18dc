import type { NewsSentiment } from '@streamforge/contracts'
import { DailySentiment } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { aggregateDay, sentimentSeries } from './daily-sentiment.ts'

const noon = Date.UTC(2024, 2, 10, 12)
const said = (score: number, known = noon, scorer = 'lexicon'): NewsSentiment => ({
  kind: 'news_sentiment', article_id: String(Math.abs(Math.round(score * 100))).padStart(32, '0'), feed: 'a-feed', symbol: 'AAPL', score, label: score > 0 ? 'positive' : score < 0 ? 'negative' : 'neutral',
  scorer, scorer_version: '1', published_at: noon, event_time: noon, known_time: known, backfilled: false,
})

it('takes a day together', () => {
  const day = aggregateDay('AAPL', '2024-03-10', [said(0.5), said(-0.2, noon + 5), said(0), said(0.6, noon, 'finbert')])
  expect(DailySentiment.parse(day)).toEqual({
    kind: 'daily_sentiment', symbol: 'AAPL', day: '2024-03-10', articles: 4, positive: 2, neutral: 1, negative: 1, mean: expect.closeTo(0.225, 12) as number,
    scorers: ['finbert@1', 'lexicon@1'], event_time: Date.UTC(2024, 2, 11), known_time: noon + 5,
  })
  expect(aggregateDay('AAPL', '2024-03-10', [])).toBeUndefined()
})

it('shows every day of a series once, through the change of the clocks', () => {
  const tenth = aggregateDay('AAPL', '2024-03-10', [said(0.5)])!
  const series = sentimentSeries([tenth], { until: Date.UTC(2024, 2, 12, 23, 59), days: 15 })
  expect(series).toHaveLength(15)
  expect(series.map(({ day }) => day)).toEqual(Array.from({ length: 15 }, (_, i) => new Date(Date.UTC(2024, 1, 27 + i)).toISOString().slice(0, 10)))
  expect(series.filter(({ mean }) => mean !== null)).toEqual([{ day: '2024-03-10', articles: 1, mean: 0.5, sentiment: tenth }])
})

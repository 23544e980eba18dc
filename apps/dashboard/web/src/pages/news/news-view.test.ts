import type { DailySentiment } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { byDay, daysBySymbol, daysLabel, formatScore, scorerName } from './news-view.ts'

const from = Date.UTC(2025, 0, 1)
const day = 86_400_000
const daily = (symbol: string, date: string, articles: number, mean: number) => ({ symbol, day: date, articles, mean, positive: articles, neutral: 0, negative: 0 }) as unknown as DailySentiment

describe('news', () => {
  it('stand on every day of the range, also where nothing was said, the most talked of symbol first', () => {
    const [first, second] = daysBySymbol({ from, to: from + 3 * day, daily: [daily('AAPL', '2025-01-02', 2, 0.5), daily('BTCUSDT', '2025-01-01', 1, -1), daily('BTCUSDT', '2025-01-03', 3, 0.2)] })
    expect(first).toMatchObject({ symbol: 'BTCUSDT', articles: 4, days: [{ date: '2025-01-01', of: { mean: -1 } }, { date: '2025-01-02', of: undefined }, { date: '2025-01-03' }] })
    expect(first!.mean).toBeCloseTo(-0.1)
    expect(second!.symbol).toBe('AAPL')
    expect(daysLabel(first!)).toBe('Sentiment of BTCUSDT, day by day: 4 judgements on 2 of 3 days, mean −0.10; 2025-01-03: +0.20 of 3')
  })
  it('are told by day and written with a sign', () => {
    const at = (ms: number) => ({ article: { published_at: ms }, sentiments: [] }) as never
    expect(byDay([at(from + day + 5), at(from + day), at(from)]).map(([date, of]) => [date, of.length])).toEqual([['2025-01-02', 2], ['2025-01-01', 1]])
    expect([0.256, -0.2, 0].map(formatScore)).toEqual(['+0.26', '−0.20', '0.00'])
    expect(scorerName({ scorer: 'lexicon', scorer_version: '1.0.0+afinn-165-financialmarketnews-3.0.0' })).toBe('lexicon 1.0.0')
  })
})

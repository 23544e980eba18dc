import { type DailySentiment, floorToInterval, type NewsSentiment } from '@streamforge/contracts'

const dayMs = 86_400_000

/** The day (UTC) of an instant in ms, such as `2024-08-01`. */
export const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)

/** All that was said of a symbol on a day, taken together. `sentiments` are those of the symbol with `published_at` on the day; undefined when there are none. */
export function aggregateDay(symbol: string, day: string, sentiments: readonly NewsSentiment[]): DailySentiment | undefined {
  if (sentiments.length === 0) return undefined
  const labelled = (label: NewsSentiment['label']) => sentiments.filter((sentiment) => sentiment.label === label).length
  const mean = sentiments.reduce((sum, { score }) => sum + score, 0) / sentiments.length
  return {
    kind: 'daily_sentiment', symbol, day, articles: sentiments.length,
    positive: labelled('positive'), neutral: labelled('neutral'), negative: labelled('negative'),
    // Rounding may lead a hair past the ends of the scale.
    mean: Math.min(1, Math.max(-1, mean)) + 0,
    scorers: [...new Set(sentiments.map(({ scorer, scorer_version }) => `${scorer}@${scorer_version}`))].sort(),
    event_time: Date.parse(`${day}T00:00:00Z`) + dayMs,
    known_time: Math.max(...sentiments.map(({ known_time }) => known_time)),
  }
}

/** One day of a series; `mean` is null where nothing was written. */
export interface SentimentDay {
  day: string
  articles: number
  mean: number | null
  sentiment: DailySentiment | undefined
}

/** The `days` days that end with that of `until` (ms), oldest first, each once, whether something was written on it or not. */
export function sentimentSeries(known: readonly DailySentiment[], { until, days }: { until: number; days: number }): SentimentDay[] {
  const byDay = new Map(known.map((sentiment) => [sentiment.day, sentiment]))
  const last = floorToInterval(until, '1d')
  return Array.from({ length: days }, (_, i) => {
    const day = dayOf(last - (days - 1 - i) * dayMs)
    const sentiment = byDay.get(day)
    return { day, articles: sentiment?.articles ?? 0, mean: sentiment?.mean ?? null, sentiment }
  })
}

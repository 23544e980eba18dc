import { dailySentimentKey, type DailySentiment, type NewsSentiment } from '@streamforge/contracts'
import { aggregateDay, dayOf, readSentiment, sentimentCollections } from '@streamforge/market'
import type { Store } from '@streamforge/store'

const dayMs = 86_400_000

/** Takes each symbol's day that these judgements belong to together anew, from all that is stored of it. */
export async function storeDays(store: Store, sentiments: readonly NewsSentiment[]): Promise<DailySentiment[]> {
  const touched = new Map(sentiments.map(({ symbol, published_at }) => [`${symbol} ${dayOf(published_at)}`, { symbol, day: dayOf(published_at) }]))
  const days: DailySentiment[] = []
  for (const { symbol, day } of touched.values()) {
    const from = Date.parse(`${day}T00:00:00Z`)
    const all: NewsSentiment[] = []
    for await (const batch of readSentiment(store, symbol, { from, to: from + dayMs })) all.push(...batch)
    const together = aggregateDay(symbol, day, all)
    if (together) days.push(together)
  }
  await store.writeBatch(sentimentCollections.days, days.map((day) => ({ _key: dailySentimentKey(day), ...day })))
  return days
}

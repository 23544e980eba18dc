import { articleSentiment, readSentiment, type ArticleSentiment } from '@streamforge/market'
import type { Store } from '@streamforge/store'

/**
 * All that articles say of a symbol, in the order in which they were published: nothing tells how much later one of them became known. What counts no more is
 * dropped by the reducer, which keeps when the first was known.
 */
export async function* readNews(store: Store, symbol: string): AsyncGenerator<ArticleSentiment[]> {
  for await (const batch of readSentiment(store, symbol)) yield batch.map(articleSentiment)
}

import { consumeMessages, type Consumer } from '@streamforge/bus'
import { catalog, type NewsSentiment } from '@streamforge/contracts'
import { articleSentiment } from '@streamforge/market'
import type { WorkerContext } from '@streamforge/service'
import type { GroupCommit } from './group-commit.ts'
import type { SymbolRun } from './symbol-run.ts'

export interface NewsFollower extends GroupCommit {
  run: SymbolRun
}

/**
 * Hands what articles say to the symbols that they are about. A group that is new reads the topic from its start: what the store had is passed over. Offsets are
 * committed when the states that saw them are saved.
 */
export function followNews(followers: readonly NewsFollower[], group: string, { bus, name, now }: Pick<WorkerContext<unknown>, 'bus' | 'name' | 'now'>): Promise<Consumer> {
  const bySymbol = new Map(followers.map((follower) => [follower.run.sources.symbol, follower]))
  return consumeMessages(bus, catalog['news-sentiment'], { group, from: 'earliest', service: name, maxBatch: 2_000, now }, async ({ messages }) => {
    const touched = new Set<NewsFollower>()
    for (const { value } of messages) {
      const follower = value.kind === 'news_sentiment' ? bySymbol.get(value.symbol) : undefined
      if (!follower) continue
      follower.run.take([articleSentiment(value as NewsSentiment)])
      touched.add(follower)
    }
    await Promise.all([...touched].map((follower) => follower.commit()))
  })
}

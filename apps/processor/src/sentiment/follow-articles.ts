import { consumeMessages, type Consumer } from '@streamforge/bus'
import { catalog } from '@streamforge/contracts'
import { ensureSentimentCollections, judgeArticles, type JudgeParts } from './judge-articles.ts'

export interface FollowArticlesOptions extends JudgeParts {
  /** Judgements made for the first time. */
  onJudged?: (count: number) => void
}

/** Judges what comes on `news`, from its start on; offsets are committed when the judgements are stored and published. */
export async function followArticles({ onJudged, ...parts }: FollowArticlesOptions): Promise<Consumer> {
  await ensureSentimentCollections(parts.store)
  return consumeMessages(parts.bus, catalog.news, { group: 'sentiment', from: 'earliest', service: 'sentiment', maxBatch: 200, now: parts.now }, async ({ messages }) => {
    const { judged } = await judgeArticles(messages.map(({ value }) => value), parts)
    onJudged?.(judged)
  })
}

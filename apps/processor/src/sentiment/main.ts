import { runService } from '@streamforge/service'
import { openScorer } from '@streamforge/market'
import { SentimentConfig } from './sentiment-config.ts'
import { followArticles } from './follow-articles.ts'
import { sentimentMetrics } from './sentiment-metrics.ts'

await runService('sentiment', SentimentConfig, async ({ config, bus, store: connect, log, metrics, now }) => {
  const scorer = await openScorer({ name: config.SENTIMENT_SCORER, model: config.SENTIMENT_MODEL, modelFolder: config.SENTIMENT_MODEL_FOLDER })
  log.info({ scorer: scorer.name, version: scorer.version }, 'judging articles')
  const { judged } = sentimentMetrics(metrics)
  const follower = await followArticles({ bus, store: await connect(), scorer, now, onJudged: (count) => judged.inc({ scorer: scorer.name }, count) })
  follower.done.catch((err: unknown) => {
    // Nobody handles this: it ends the service, and whoever looks after it starts it again.
    throw err
  })
  return async () => {
    await follower.close()
    await scorer.close()
  }
})

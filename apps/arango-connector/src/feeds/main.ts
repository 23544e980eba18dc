import { ensureTopics } from '@streamforge/bus'
import { runService } from '@streamforge/service'
import { feedStoringMetrics } from './feed-storing-metrics.ts'
import { storeFeeds } from './store-feeds.ts'

await runService('feed-connector', {}, async ({ bus, store: connect, metrics, now, name, log }) => {
  await ensureTopics(bus)
  const { stored } = feedStoringMetrics(metrics)
  const storing = await storeFeeds({ bus, store: await connect(), service: name, now, onStored: (collection, documents) => stored.inc({ collection }, documents) })
  log.info('storing what feeds bring')
  storing.done.catch((err: unknown) => {
    // Nobody handles this: it ends the service, and whoever looks after it starts it again.
    throw err
  })
  return storing.close
})

import { ensureTopics } from '@streamforge/bus'
import { createCounter, runService } from '@streamforge/service'
import { storeFeeds } from './store-feeds.ts'

await runService('feed-connector', {}, async ({ bus, store: connect, metrics, now, name, log }) => {
  await ensureTopics(bus)
  const stored = createCounter(metrics, 'streamforge_feed_documents_stored_total', 'Quotes, articles and what they say, given to the store', 'collection')
  const storing = await storeFeeds({ bus, store: await connect(), service: name, now, onStored: (collection, documents) => stored.inc({ collection }, documents) })
  log.info('storing what feeds bring')
  storing.done.catch((err: unknown) => {
    // Nobody handles this: it ends the service, and whoever looks after it starts it again.
    throw err
  })
  return storing.close
})

import { createCounter, type ServiceContext } from '@streamforge/service'

export function feedStoringMetrics(registry: ServiceContext<unknown>['metrics']) {
  return {
    stored: createCounter(registry, 'streamforge_feed_documents_stored_total', 'Quotes, articles and what they say, given to the store', 'collection'),
  }
}

import { createCounter, type ServiceContext } from '@streamforge/service'

/** What the sentiment service counts. */
export const sentimentMetrics = (registry: ServiceContext<unknown>['metrics']) => ({
  judged: createCounter(registry, 'streamforge_news_articles_judged_total', 'Judgements of articles, one a symbol, stored for the first time', 'scorer'),
})

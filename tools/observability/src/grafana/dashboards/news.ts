import type { Dashboard } from '../dashboard.ts'
import { flux, prom, tagValues } from '../queries.ts'

const where = { symbol: 'symbol' }

export const news: Dashboard = {
  uid: 'streamforge-news', title: 'StreamForge / News', description: 'What is written of symbols, and how it sounds', uses: ['prometheus', 'influxdb'], from: 'now-15d', refresh: '5m',
  variables: [{ name: 'symbol', label: 'Symbol', query: tagValues('news_sentiment', 'symbol'), multi: true }],
  panels: [
    { title: 'Sentiment', description: 'Mean of the scores, from -1 to 1', unit: 'none', width: 24, targets: [
      flux({ measurement: 'news_sentiment', fields: ['score'], where, by: ['symbol'], aggregate: 'mean' }),
    ] },
    { title: 'Articles', description: 'Articles that were judged, by symbol', unit: 'short', stack: true, targets: [
      flux({ measurement: 'news_sentiment', fields: ['score'], where, by: ['symbol'], aggregate: 'count' }),
    ] },
    { title: 'Sentiment by day', unit: 'none', targets: [flux({ measurement: 'daily_sentiment', fields: ['mean'], where, by: ['symbol'], aggregate: 'last' })] },
    { title: 'Articles by day', unit: 'short', stack: true, targets: [
      flux({ measurement: 'daily_sentiment', fields: ['positive', 'neutral', 'negative'], where, by: ['symbol'], aggregate: 'last' }),
    ] },
    { title: 'Judged a minute', unit: 'short', targets: [prom('sum by (scorer) (rate(streamforge_news_articles_judged_total[$__rate_interval])) * 60', '{{scorer}}')] },
    { title: 'Messages of news', unit: 'ops', targets: [
      prom('sum by (topic) (rate(streamforge_bus_messages_published_total{topic=~"news.*"}[$__rate_interval]))', '{{topic}} published'),
      prom('sum by (topic, service) (rate(streamforge_bus_messages_consumed_total{topic=~"news.*"}[$__rate_interval]))', '{{topic}} by {{service}}'),
    ] },
  ],
}

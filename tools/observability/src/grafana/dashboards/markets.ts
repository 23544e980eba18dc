import type { Dashboard } from '../dashboard.ts'
import { flux, prom, tagValues } from '../queries.ts'

const where = { symbol: 'symbol', interval: 'interval' }

export const markets: Dashboard = {
  uid: 'streamforge-markets', title: 'StreamForge / Markets', description: 'Candles, quotes, and how alive live data is',
  uses: ['prometheus', 'influxdb'], from: 'now-24h',
  variables: [
    { name: 'symbol', label: 'Symbol', query: tagValues('candles', 'symbol') },
    { name: 'interval', label: 'Interval', query: tagValues('candles', 'interval') },
    { name: 'quoted', label: 'Quoted', query: tagValues('quotes', 'symbol'), multi: true },
  ],
  panels: [
    { title: 'Candles', type: 'candlestick', unit: 'none', width: 24, height: 11, targets: [flux({ measurement: 'candles', fields: ['open', 'high', 'low', 'close'], where, aggregate: 'last' })] },
    { title: 'Volume', unit: 'short', targets: [flux({ measurement: 'candles', fields: ['volume', 'taker_buy_volume'], where, aggregate: 'sum' })] },
    { title: 'Trades a window', unit: 'short', targets: [flux({ measurement: 'candles', fields: ['trade_count'], where, aggregate: 'sum' })] },
    { title: 'Quotes', unit: 'none', targets: [flux({ measurement: 'quotes', fields: ['price'], where: { symbol: 'quoted' }, by: ['symbol', 'feed'], aggregate: 'last' })] },
    { title: 'Change of quotes', unit: 'percent', targets: [flux({ measurement: 'quotes', fields: ['percent_change'], where: { symbol: 'quoted' }, by: ['symbol', 'feed'], aggregate: 'last' })] },
    { title: 'From the socket to the topic', description: 'Half of the records, and 99 of 100, are quicker', unit: 's', targets: [
      prom('histogram_quantile(0.5, sum by (le) (rate(streamforge_live_frame_to_topic_seconds_bucket[$__rate_interval])))', 'p50'),
      prom('histogram_quantile(0.99, sum by (le) (rate(streamforge_live_frame_to_topic_seconds_bucket[$__rate_interval])))', 'p99'),
    ] },
    { title: 'Frames a second', unit: 'ops', targets: [
      prom('sum by (service) (rate(streamforge_live_frames_total[$__rate_interval]))', 'read'), prom('sum by (service) (rate(streamforge_live_bad_frames_total[$__rate_interval]))', 'not readable'),
    ] },
    { title: 'Silence of live series', description: 'In lengths of the time that a record should take; an alert from 3 on', unit: 'short', targets: [
      prom('topk(10, max by (venue, symbol, series) (streamforge_series_silence_intervals))', '{{symbol}} {{series}}'),
    ] },
    { title: 'Price jumps', description: 'Newest return in robust standard deviations', unit: 'short', targets: [
      prom('topk(10, max by (venue, symbol, series) (streamforge_price_jump_deviations))', '{{symbol}} {{series}}'),
    ] },
    { title: 'Missing records of the last 15 minutes', unit: 'short', targets: [
      prom('max by (venue, symbol, series) (streamforge_series_missing_records) > 0', '{{symbol}} {{series}}'),
    ] },
    { title: 'Connections lost and renewed', unit: 'short', targets: [
      prom('sum(increase(streamforge_live_losses_total[$__rate_interval]))', 'lost'), prom('sum(increase(streamforge_live_renewals_total[$__rate_interval]))', 'renewed'),
    ] },
  ],
}

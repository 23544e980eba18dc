import type { Dashboard } from '../dashboard.ts'
import { flux, prom, tagValues } from '../queries.ts'

const where = { symbol: 'symbol', interval: 'interval' }

export const models: Dashboard = {
  uid: 'streamforge-models', title: 'StreamForge / Models', description: 'Forecasts, how they turn out, and what makes them', uses: ['prometheus', 'influxdb'], from: 'now-7d',
  variables: [
    { name: 'symbol', label: 'Symbol', query: tagValues('forecasts', 'symbol') }, { name: 'interval', label: 'Interval', query: tagValues('forecasts', 'interval') },
  ],
  panels: [
    { title: 'Forecasts', description: 'Expected simple return, with the range that should hold most outcomes', unit: 'percentunit', width: 24, height: 10, targets: [
      flux({ measurement: 'forecasts', fields: ['low', 'value', 'high'], where, by: ['model'], aggregate: 'last' }),
    ] },
    { title: 'Forecast and outcome', unit: 'percentunit', targets: [flux({ measurement: 'forecast_scores', fields: ['value', 'actual'], where, by: ['model'], aggregate: 'last' })] },
    { title: 'Error', unit: 'percentunit', targets: [flux({ measurement: 'forecast_scores', fields: ['error'], where, by: ['model'], aggregate: 'mean' })] },
    { title: 'Forecasts a minute', unit: 'short', targets: [prom('sum(rate(streamforge_forecasts_total[$__rate_interval])) * 60', 'published')] },
    { title: 'Share with the right sign', description: 'Of forecasts scored', unit: 'percentunit', targets: [
      prom('sum(rate(streamforge_forecast_scores_total{hit="true"}[$__rate_interval])) / sum(rate(streamforge_forecast_scores_total[$__rate_interval]))', 'hits'),
    ] },
    { title: 'Models made ready, and refused', unit: 'short', targets: [prom('sum by (ready) (increase(streamforge_forecast_models_total[$__rate_interval]))', 'ready: {{ready}}')] },
    { title: 'Feature rows a minute', unit: 'short', targets: [
      prom('sum(rate(streamforge_feature_rows_total[$__rate_interval])) * 60', 'published'), prom('sum(rate(streamforge_feature_late_records_total[$__rate_interval])) * 60', 'too late for their bar'),
    ] },
    { title: 'Version in use', unit: 'none', targets: [flux({ measurement: 'forecasts', fields: ['model_version'], where, by: ['model'], aggregate: 'last' })] },
    { title: 'Features of the bar', unit: 'none', targets: [flux({ measurement: 'features', fields: ['close'], where, aggregate: 'last' })] },
  ],
}

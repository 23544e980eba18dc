// npm run bench [-- --json] [-- --only end-to-end,kafka,python,book,graph,features,forecast,timeseries,store,feeds]
import { parseArgs } from 'node:util'
import { benchBook } from './book-throughput.ts'
import { benchEndToEnd } from './end-to-end.ts'
import { benchFeatures } from './features.ts'
import { benchFeeds } from './feeds.ts'
import { benchForecasts } from './forecast-latency.ts'
import { benchGraph } from './graph-cost.ts'
import { benchKafka } from './kafka-throughput.ts'
import { benchPythonLoader } from './python-loader.ts'
import { runChosen } from './run-chosen.ts'
import { benchStore } from './store.ts'
import { benchTimeSeries } from './timeseries.ts'

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } })

await runChosen({
  'end-to-end': () => benchEndToEnd(),
  python: benchPythonLoader,
  kafka: benchKafka,
  book: benchBook,
  graph: benchGraph,
  features: benchFeatures,
  forecast: benchForecasts,
  timeseries: benchTimeSeries,
  store: benchStore,
  feeds: benchFeeds,
}, values)

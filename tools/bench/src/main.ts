// npm run bench [-- --json] [-- --only end-to-end,kafka,python,book,graph,features,forecast,timeseries,feeds]
import { parseArgs } from 'node:util'
import { benchBook } from './book-throughput.ts'
import { benchEndToEnd } from './end-to-end.ts'
import { benchFeatures } from './features.ts'
import { benchFeeds } from './feeds.ts'
import { benchForecasts } from './forecast-latency.ts'
import { benchGraph } from './graph-cost.ts'
import { benchKafka } from './kafka-throughput.ts'
import { benchPythonLoader } from './python-loader.ts'
import { renderResult } from './render-result.ts'
import type { BenchmarkResult } from './row.ts'
import { benchTimeSeries } from './timeseries.ts'

const benchmarks: Record<string, () => Promise<BenchmarkResult>> = {
  'end-to-end': () => benchEndToEnd(),
  python: benchPythonLoader,
  kafka: benchKafka,
  book: benchBook,
  graph: benchGraph,
  features: benchFeatures,
  forecast: benchForecasts,
  timeseries: benchTimeSeries,
  feeds: benchFeeds,
}

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, only: { type: 'string' } } })
const chosen = values.only?.split(',') ?? Object.keys(benchmarks)
const unknown = chosen.filter((name) => !(name in benchmarks))
if (unknown.length) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}\n`)
  process.exit(2)
}
const all: BenchmarkResult = []
for (const name of chosen) {
  process.stderr.write(`${name} ...\n`)
  const result = await benchmarks[name]!()
  all.push(...result)
  if (!values.json) process.stdout.write(`${renderResult(result)}\n\n`)
}
if (values.json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)

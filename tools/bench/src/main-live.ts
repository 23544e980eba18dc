// npm run bench:live [-- --minutes 10] [-- --rate 20000] [-- --symbols BTCUSDT,ETHUSDT] [-- --scheduling ordinary] [-- --json FILE] [-- --no-book]
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { benchBook } from './book-throughput.ts'
import { measureLive, schedulings } from './live/measure-live.ts'
import { reportLive } from './live/report-live.ts'
import { renderResult } from './render-result.ts'
import type { BenchmarkResult } from './row.ts'

const { values } = parseArgs({ options: {
  minutes: { type: 'string', default: '1' }, rate: { type: 'string', default: '20000' }, symbols: { type: 'string', default: 'BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT' },
  'warm-up': { type: 'string', default: '15' }, scheduling: { type: 'string', default: 'realtime' }, json: { type: 'string' }, 'no-book': { type: 'boolean', default: false },
} })
function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(2)
}

const number = (name: 'minutes' | 'rate' | 'warm-up') => {
  const value = Number(values[name])
  if (Number.isFinite(value) && value > 0) return value
  return refuse(`--${name} ${values[name]} is no positive number`)
}
const scheduling = schedulings.find((name) => name === values.scheduling) ?? refuse(`--scheduling ${values.scheduling} is neither ${schedulings.join(' nor ')}`)
const say = (line: string) => process.stderr.write(`${line}\n`)
const load = { minutes: number('minutes'), rate: number('rate'), symbols: values.symbols.split(','), warmUpSeconds: number('warm-up'), scheduling, say }
const result: BenchmarkResult = reportLive(await measureLive(load))
if (!values['no-book']) {
  say('order book ...')
  result.push(...await benchBook())
}
process.stdout.write(`${renderResult(result)}\n`)
if (values.json) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`)

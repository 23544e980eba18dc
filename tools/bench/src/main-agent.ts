// npm run bench:agent [-- --only trading,speed,cart-pole] [-- --rounds 3] [-- --json]
import { parseArgs } from 'node:util'
import { benchCartPole, benchDqnSpeed } from './agent/dqn-speed.ts'
import { benchTrading } from './agent/trading-speed.ts'
import { renderResult } from './render-result.ts'
import type { BenchmarkResult } from './row.ts'

const { values } = parseArgs({ options: { only: { type: 'string' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } } })
const say = (line: string) => process.stderr.write(`${line}\n`)
const rounds = Number(values.rounds)

const benchmarks: Record<string, () => BenchmarkResult | Promise<BenchmarkResult>> = {
  trading: () => benchTrading({ rounds }),
  speed: () => benchDqnSpeed(say, { rounds }),
  'cart-pole': () => benchCartPole(say),
}

const chosen = values.only?.split(',') ?? Object.keys(benchmarks)
const unknown = chosen.filter((name) => !(name in benchmarks))
if (unknown.length) {
  say(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`)
  process.exit(2)
}
const all: BenchmarkResult = []
for (const name of chosen) {
  const result = await benchmarks[name]!()
  all.push(...result)
  if (!values.json) process.stdout.write(`${renderResult(result)}\n\n`)
}
if (values.json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)

// npm run bench:models [-- --only steps,quality] [-- --rounds 3] [-- --data FOLDER] [-- --json]
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { benchEncoderQuality } from './models/encoder-quality.ts'
import { benchStepTimes } from './models/step-times.ts'
import { renderResult } from './render-result.ts'
import type { BenchmarkResult } from './row.ts'

const { values } = parseArgs({ options: {
  only: { type: 'string' }, rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false },
  data: { type: 'string', default: resolve(import.meta.dirname, '../../../../shared/data') },
} })
const say = (line: string) => process.stderr.write(`${line}\n`)

const benchmarks: Record<string, () => Promise<BenchmarkResult>> = {
  steps: () => benchStepTimes(say, { rounds: Number(values.rounds) }),
  quality: () => benchEncoderQuality(values.data, say),
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

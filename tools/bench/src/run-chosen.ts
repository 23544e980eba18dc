import { renderResult } from './render-result.ts'
import type { BenchmarkResult } from './row.ts'

export interface ChosenOptions {
  /** Names with commas between; absent: all. */
  only?: string | undefined
  /** All results as JSON at the end, in place of a table after each. */
  json: boolean
}

/** Runs benchmarks by name, one after another. A name that there is not ends the process with exit code 2. */
export async function runChosen(benchmarks: Readonly<Record<string, () => BenchmarkResult | Promise<BenchmarkResult>>>, { only, json }: ChosenOptions): Promise<void> {
  const chosen = only?.split(',') ?? Object.keys(benchmarks)
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
    if (!json) process.stdout.write(`${renderResult(result)}\n\n`)
  }
  if (json) process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
}

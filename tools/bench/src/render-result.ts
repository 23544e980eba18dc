import { isSkipped, type BenchmarkResult, type BenchmarkRow } from './row.ts'

/** One line a figure; ratios against the baseline of the same run. */
export function renderResult(result: BenchmarkResult): string {
  return result.map((row) => {
    if (isSkipped(row)) return `${row.benchmark}: skipped, ${row.skipped}`
    const value = `${row.value.toLocaleString('en-US')} ${row.unit}`
    const ratio = row.ratio === undefined ? '' : `  ${row.ratio.toFixed(2)} x ${row.baseline ?? ''}`
    return `${row.benchmark.padEnd(24)}  ${row.subject.padEnd(48)} ${value.padStart(20)}${ratio}${targetOf(row)}`
  }).join('\n')
}

function targetOf({ target, met }: BenchmarkRow): string {
  if (target === undefined) return ''
  return `  (target ${target}${met === undefined ? '' : met ? ': reached' : ': MISSED'})`
}

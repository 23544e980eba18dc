import type { CoverageCertificate } from '@streamforge/contracts'
import { count } from './format.ts'
import { renderTable } from './table.ts'

const date = (ms: number) => new Date(ms).toISOString().replace(/T00:00:00\.000Z$/, '').replace(/(:00)?\.\d+Z$/, 'Z')

/** The table of what was loaded, one line a dataset, and below it each hole of the source in words. */
export function renderCertificates(certificates: readonly CoverageCertificate[]): string {
  const number = (title: string, value: (c: CoverageCertificate) => number) =>
    ({ title, value: (c: CoverageCertificate) => count(value(c)), align: 'right' as const })
  const table = renderTable(certificates, [
    { title: 'dataset', value: (c) => `${c.symbol} ${c.type}` },
    { title: 'range', value: (c) => `${date(c.from)} to ${date(c.to)}` },
    number('expected', (c) => c.rows_expected),
    number('stored', (c) => c.rows_stored),
    number('not at source', (c) => c.missing_at_source),
    number('lost', (c) => c.lost),
    number('doubles', (c) => c.duplicates_refused),
    number('dead', (c) => c.dead_lettered),
    { title: 'certificate', value: (c) => (c.complete ? 'complete' : 'INCOMPLETE') },
    { title: 'sha256', value: (c) => c.checksum.slice('sha256:'.length, 'sha256:'.length + 12) },
  ])
  const holes = certificates.flatMap((c) => c.holes.map((h) =>
    `  ${c.symbol} ${c.type}: ${count(h.missing)} ${c.unit} missing from ${date(h.from)} to ${date(h.to)} (${days(h.to - h.from)}), ${causes[h.cause]}`))
  return holes.length ? `${table}\n\nHoles\n${holes.slice(0, 20).join('\n')}${holes.length > 20 ? `\n  and ${holes.length - 20} more` : ''}` : table
}

const causes = {
  exchange: "the exchange's own: asked twice, it holds nothing there",
  not_listed: 'before the first candle that the exchange holds',
  unconfirmed: 'not confirmed by the exchange',
  lost: 'LOST: not stored, not explained',
}

const days = (ms: number) => (ms >= 86_400_000 ? `${(ms / 86_400_000).toFixed(1)} days` : `${Math.round(ms / 60_000)} min`)

import type { CanaryReport } from '@streamforge/contracts'
import { renderTable } from './table.ts'

const says: Readonly<Record<CanaryReport['verdict'], string>> = {
  promoted: 'agrees: jobs are launched with it from now on', accepted: 'differs, and was accepted: jobs are launched with it from now on',
  agreed: 'agrees; --promote launches jobs with it', refused: 'is refused',
}

/** What a canary came to, for people. */
export function renderCanary({ app, version, queue_id, tolerance, comparison: c, verdict }: CanaryReport): string {
  const counts = [
    ['compared', c.compared], ['equal', c.equal], [`within ${tolerance}`, c.within_tolerance], ['different', c.different], ['missing', c.missing], ['extra', c.extra],
  ] as const
  const examples = [
    ...c.differences.slice(0, 5).map(({ key, field, current, shadow }) => [key, field, JSON.stringify(current), JSON.stringify(shadow)]),
    ...c.missing_keys.slice(0, 3).map((key) => [key, '', 'there', 'missing']), ...c.extra_keys.slice(0, 3).map((key) => [key, '', 'not there', 'extra']),
  ]
  const latency = c.latency ? `\nafter the event, 95 of 100: ${Math.round(c.latency.current.p95)} ms now, ${Math.round(c.latency.shadow.p95)} ms as shadow${c.slower ? ': too late' : ''}` : ''
  return `${renderTable(counts, [{ title: 'records', value: ([name]) => name }, { title: '', value: ([, count]) => String(count), align: 'right' }])}${latency}\n`
    + (examples.length === 0 ? '' : `\n${renderTable(examples, ['key', 'field', 'now', 'shadow'].map((title, at) => ({ title, value: (row: readonly string[]) => (row[at] ?? '').slice(0, 60) })))}\n`)
    + `\n${app} ${version} ${says[verdict]} (${queue_id})`
}

import { describeFault } from '../plan/fault.ts'
import { stepNames, targetMs, type ChaosReport } from './summarise.ts'

const seconds = (ms: number) => (ms / 1000).toFixed(1)
const shownFindings = 20

/** What is printed at the end: faults and recoveries, what was proved, what was found. */
export function renderReport(report: ChaosReport): string {
  const { byKind, recoveryMs, findings, left, faults } = report
  const unrecovered = faults.filter(({ recovered }) => recovered === undefined)
  const count = (kind: string) => findings.filter((finding) => finding.kind === kind).length
  return [
    ...renderTable(['fault', 'times', 'recovered', 'p50 s', 'p95 s', 'max s', ...stepNames], byKind.map((row) => [
      row.kind, String(row.faults), String(row.faults - row.unrecovered), seconds(row.p50), seconds(row.p95), seconds(row.max),
      ...stepNames.map((step) => (row.steps[step] === undefined ? '' : seconds(row.steps[step])))])),
    '',
    `seed ${report.seed}, ${report.bus} bus: ${faults.length} faults in ${Math.round(report.seconds)} s while ${report.records.toLocaleString('en')} records flowed `
      + `through ${report.queues} queues of ${report.workflows} workflows; ${report.deadLetters} messages refused`,
    `${count('lost')} lost, ${count('doubled')} doubled, ${count('reordered')} out of order, ${count('foreign') + count('changed')} foreign or changed, `
      + `${count('offset ahead')} offsets ahead of effects (${report.commitsChecked.toLocaleString('en')} looked at), ${count('end state')} wrong end states`,
    `time to recover: p50 ${seconds(recoveryMs.p50)} s, p95 ${seconds(recoveryMs.p95)} s (target: under ${targetMs / 1000}), max ${seconds(recoveryMs.max)} s`,
    ...left.map((line) => `left out: ${line}`),
    ...unrecovered.map(({ fault, victim }) => `NOT RECOVERED: #${fault.index} ${describeFault(fault)} on ${victim}`),
    ...findings.slice(0, shownFindings).map(({ kind, where, detail }) => `FOUND: ${kind}, ${where}: ${detail}`),
    ...(findings.length > shownFindings ? [`... and ${findings.length - shownFindings} more`] : []),
    findings.length === 0 ? 'passed' : 'FAILED',
  ].join('\n')
}

function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  return [titles, ...rows].map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '))
}

/** The line that is drawn again and again. */
export function renderProgress(state: { done: number; faults: number; records: number; wanted: number; rate: number; etaSeconds: number | undefined; last: string }): string {
  const { etaSeconds: eta } = state
  const left = eta === undefined ? '' : `, ${Math.floor(eta / 60)}:${String(Math.round(eta % 60)).padStart(2, '0')} left`
  return `faults ${state.done}/${state.faults}  ${state.records.toLocaleString('en')} of ${state.wanted.toLocaleString('en')} records  ${Math.round(state.rate).toLocaleString('en')}/s${left}  ${state.last}`
}

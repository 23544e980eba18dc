import type { Queue, StageProgress, WorkflowSummary } from '@streamforge/contracts'
import { count, duration, progressBar } from './format.ts'

/** One line for a stage: bar, percent, counts, rate, ETA. */
export function stageLine(stage: StageProgress, columns: number): string {
  const fraction = stage.records_total ? stage.records_written / stage.records_total : stage.status === 'finished' ? 1 : undefined
  const percent = fraction === undefined ? '' : `${Math.floor(Math.min(1, fraction) * 100)} %`.padStart(5)
  const counts = stage.records_total === undefined
    ? count(stage.records_written)
    : `${count(stage.records_written)} / ${count(stage.records_total)}`
  const facts = [counts]
  // Between two queues a stage is launching again: what it does as a whole goes on.
  const active = ['running', 'launching', 'waiting'].includes(stage.status)
  if (active && stage.rate > 0) facts.push(`${count(stage.rate)}/s`)
  if (active && stage.eta_seconds !== undefined) facts.push(`ETA ${duration(stage.eta_seconds)}`)
  facts.push(`${stage.queues_finished}/${stage.queues_total} queues`)
  const width = Math.max(6, Math.min(30, columns - 75))
  return `  ${stage.stage.padEnd(17)} ${progressBar(fraction, width)} ${percent}  ${facts.join('  ')}`
}

/** The whole picture of a workflow, one line a stage below a headline. */
export function progressLines(workflow: WorkflowSummary, columns: number): string[] {
  const name = workflow.name ? ` (${workflow.name})` : ''
  return [`${workflow.workflow_id}${name}: ${workflow.status}${workflow.reason ? `, ${workflow.reason}` : ''}`,
    ...workflow.stages.map((s) => stageLine(s, columns))]
}

/** A line for each training under way: `train_gnn_5m: epoch 3, loss 0.512, ic 0.03`. */
export const trainingLines = (queues: readonly Queue[]) => queues.flatMap(({ type, status, metrics, jobs }) =>
  (status === 'running' && metrics?.['epoch'] !== undefined ? [`  ${type}: ${describeMetrics(metrics)}${jobs[0]?.message ? `; ${jobs[0].message}` : ''}`] : []))

/** What each stage came to. */
export const resultLines = (queues: readonly Queue[]) => queues.flatMap(({ type, result }) => (result ? [`  ${type}: ${result.summary}`] : []))

const describeMetrics = ({ epoch, ...rest }: Record<string, number>) =>
  [`epoch ${epoch}`, ...Object.entries(rest).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)].join(', ')

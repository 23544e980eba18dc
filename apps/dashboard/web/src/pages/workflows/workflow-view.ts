import type { StageProgress, Workflow, WorkflowSummary } from '@streamforge/contracts'

const stageNames: Record<string, string> = { 'loader-producer': 'Load', 'arango-connector': 'Store', processor: 'Features', 'graph-builder': 'Graph', trainer: 'Train', predictor: 'Forecast', 'dummy-service': 'Dummy' }
export const stageName = (stage: string) => stageNames[stage] ?? stage

/** A stage's part done, 0 to 1; undefined where the end is not known. */
export function stagePart({ records_written, records_total, status }: StageProgress): number | undefined {
  if (status === 'finished') return 1
  return records_total ? Math.min(1, records_written / records_total) : undefined
}

/** The known list with those that changed put in, newest first. */
export function mergeWorkflows(known: readonly WorkflowSummary[], changed: readonly WorkflowSummary[], removed: readonly string[]): WorkflowSummary[] {
  const byId = new Map(known.map((w) => [w.workflow_id, w]))
  for (const workflow of changed) byId.set(workflow.workflow_id, workflow)
  for (const id of removed) byId.delete(id)
  return [...byId.values()].sort((a, b) => b.created_at - a.created_at || (a.workflow_id < b.workflow_id ? 1 : -1))
}

export const mayStop = (status: string) => status === 'pending' || status === 'running'
export const mayRetry = (status: string) => status === 'failed' || status === 'stopped'

export function certificatesOf(workflow: Workflow) {
  return workflow.queues.flatMap((queue) => (queue.certificate ? [queue.certificate] : []))
}

const titles = (list: readonly string[], most: number) => (list.length > most ? `${list.slice(0, most).join(', ')} and ${list.length - most} more` : list.join(', '))
/** What people call it: its name, or what it loads. */
export const workflowTitle = ({ name, request }: WorkflowSummary) => name ?? `${titles(request.symbols, 3)} · ${titles(request.types, 2)}`

import type { Queue, Workflow } from '@streamforge/contracts'
import type { ApiClient } from '../api-client.ts'
import { print, printJson } from '../output.ts'
import { renderCertificates } from '../render/certificates.ts'
import { openLiveArea } from '../render/live-area.ts'
import { progressLines, resultLines, trainingLines } from '../render/progress.ts'

export interface WatchOptions {
  json: boolean
  signal?: AbortSignal
  /** Leaves the table of certificates to the caller. */
  quiet?: boolean
}

/** Follows a workflow to its end. Exit code 0 only when it finished and every certificate is complete. */
export async function watchWorkflow(api: ApiClient, id: string, options: WatchOptions): Promise<number> {
  const workflow = await followWorkflow(api, id, options)
  const certificates = certificatesOf(workflow)
  if (options.json) printJson(certificates)
  else if (!options.quiet && certificates.length) print(`\n${renderCertificates(certificates)}`)
  return isComplete(workflow) ? 0 : 1
}

/** Draws the progress until the workflow has ended (or `signal` aborts) and resolves with its last state. */
export async function followWorkflow(api: ApiClient, id: string, options: WatchOptions): Promise<Workflow> {
  const area = options.json ? undefined : openLiveArea(process.stdout, Date.now)
  const columns = process.stdout.columns ?? 110
  const queues = new Map<string, Queue>()
  for await (const update of api.updates(id, options.signal ?? new AbortController().signal)) {
    for (const queue of update.queues) queues.set(queue.queue_id, queue)
    area?.update([...progressLines(update.workflow, columns), ...trainingLines([...queues.values()])])
  }
  const workflow = await api.workflow(id)
  area?.update([...progressLines(workflow, columns), ...resultLines(workflow.queues)])
  area?.done()
  return workflow
}

export const certificatesOf = (workflow: Workflow) =>
  workflow.queues.flatMap((q) => (q.certificate ? [q.certificate] : []))

/** Finished, with a complete certificate for every queue that stores records, and a result for every other. */
export const isComplete = (workflow: Workflow) => workflow.status === 'finished' && workflow.queues.every((q) =>
  (q.jobs.some((j) => j.target === 'arango-connector') ? q.certificate?.complete === true : q.result !== undefined))

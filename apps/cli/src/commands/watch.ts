import type { Workflow } from '@streamforge/contracts'
import type { ApiClient } from '../api-client.ts'
import { print, printJson } from '../output.ts'
import { renderCertificates } from '../render/certificates.ts'
import { openLiveArea } from '../render/live-area.ts'
import { progressLines } from '../render/progress.ts'

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
  for await (const update of api.updates(id, options.signal ?? new AbortController().signal)) {
    area?.update(progressLines(update.workflow, process.stdout.columns ?? 110))
  }
  const workflow = await api.workflow(id)
  area?.update(progressLines(workflow, process.stdout.columns ?? 110))
  area?.done()
  return workflow
}

export const certificatesOf = (workflow: Workflow) =>
  workflow.queues.flatMap((q) => (q.certificate ? [q.certificate] : []))

/** Finished, with a complete certificate for every queue. */
export const isComplete = (workflow: Workflow) =>
  workflow.status === 'finished' && workflow.queues.every((q) => q.certificate?.complete === true)

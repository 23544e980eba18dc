import { StreamForgeError, type ReplayReport } from '@streamforge/contracts'
import type { ApiClient } from '../api-client.ts'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { renderTable } from '../render/table.ts'
import { describePlan } from './submit.ts'
import { followWorkflow } from './watch.ts'

/** Runs a finished workflow again from its topics; with --watch follows it and ends with 0 only if every hash is the same. */
export async function replay(options: ConnectionOptions & { watch?: boolean; json?: boolean }, id?: string): Promise<number> {
  const api = await connectApi(options)
  const workflow = await api.replay(id!)
  if (!options.watch) {
    if (options.json) printJson(workflow)
    else print(`${describePlan(workflow)}\n  streamforge report ${workflow.workflow_id} compares it`)
    return 0
  }
  const ended = await followWorkflow(api, workflow.workflow_id, { json: options.json ?? false })
  if (ended.status !== 'finished') throw new StreamForgeError('CONFLICT', `the replay ${ended.workflow_id} is ${ended.status}${ended.reason === undefined ? '' : `: ${ended.reason}`}`)
  return showReport(api, workflow.workflow_id, options)
}

/** What a replay came to beside its original. */
export const report = async (options: ConnectionOptions & { json?: boolean }, id?: string): Promise<number> => showReport(await connectApi(options), id!, options)

async function showReport(api: ApiClient, id: string, { json }: { json?: boolean }): Promise<number> {
  const found = await api.report(id)
  if (json) printJson(found)
  else print(renderReport(found))
  return found.same === true ? 0 : 1
}

const short = (hash: string | undefined) => hash?.replace(/^sha256:/, '').slice(0, 12) ?? ''

export function renderReport({ workflow_id, replay_of, status, same, queues }: ReplayReport): string {
  const verdict = same === undefined ? `is ${status}: not all is known yet` : same ? 'came to the same hashes everywhere' : 'DIFFERS'
  return `${renderTable(queues, [
    { title: 'stage', value: (q) => `${q.symbol} ${q.type}` },
    { title: 'compared', value: (q) => q.compared },
    { title: 'original', value: (q) => short(q.original) },
    { title: 'replay', value: (q) => short(q.replay) },
    { title: 'same', value: (q) => (q.same === undefined ? '' : q.same ? 'yes' : 'NO') },
  ])}\n\n${workflow_id} ${verdict} (${replay_of})`
}

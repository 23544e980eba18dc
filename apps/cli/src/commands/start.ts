import type { CoverageCertificate, Workflow, WorkflowRequestInput } from '@streamforge/contracts'
import { listRecordedFiles, type RecordedFile } from '@streamforge/market'
import { connectStore } from '@streamforge/store'
import { join } from 'node:path'
import { localToken } from '../caller-token.ts'
import { openApiClient, type ApiClient } from '../api-client.ts'
import { notice, print, printJson } from '../output.ts'
import { watchMemory } from '../platform/memory.ts'
import type { Platform } from '../platform/platform.ts'
import { renderCertificates } from '../render/certificates.ts'
import { count } from '../render/format.ts'
import { exchangeRequests, recordedRequests } from './demonstration.ts'
import { describePlan } from './submit.ts'
import { dashboardNote, untilAborted, withPlatform, type UpOptions } from './up.ts'
import { sourceFile, verifyAgainstFile } from './verify.ts'
import { certificatesOf, followWorkflow, isComplete } from './watch.ts'

export interface StartOptions extends UpOptions {
  once?: boolean
  json?: boolean
}

/** `up` plus a demonstration: loads, shows the certificates, and compares recorded data with its files row by row. */
export function start(options: StartOptions): Promise<number> {
  const startedAt = performance.now()
  // What ends by itself is not looked at.
  return withPlatform({ ...options, dashboard: !options.once }, async (platform, signal) => {
    const memory = watchMemory(() => platform.pids())
    const files = options.data ? await listRecordedFiles(options.data) : []
    const requests = files.length ? recordedRequests(files) : await exchangeRequests(platform.exchangeUrl)
    const api = openApiClient(platform.url, { token: await localToken(platform.dataDir, process.env) })
    const workflows = await runAll(api, requests, { json: options.json ?? false, signal, startedAt })
    const certificates = workflows.flatMap(certificatesOf)
    if (!signal.aborted && !options.json) print(`\n${renderCertificates(certificates)}\n`)
    const verified = signal.aborted || await verifyFiles(platform, certificates, files)
    const peak = memory.peakBytes()
    memory.stop()
    if (peak !== undefined) notice(`peak memory of all services together: ${Math.round(peak / 1024 / 1024)} MB`)
    if (options.json) printJson(certificates)
    if (!options.once && !signal.aborted) {
      notice(`\nup; API at ${platform.url}, its documentation at ${platform.url}/docs${await dashboardNote(platform)}; Ctrl-C stops everything`)
      await untilAborted(signal)
    }
    return workflows.every(isComplete) && verified ? 0 : 1
  })
}

async function runAll(
  api: ApiClient, requests: WorkflowRequestInput[], options: { json: boolean; signal: AbortSignal; startedAt: number },
): Promise<Workflow[]> {
  const submitted: Workflow[] = []
  for (const request of requests) {
    const workflow = await api.submit(request)
    notice(describePlan(workflow))
    submitted.push(workflow)
  }
  const stopWatching = new AbortController()
  const first = firstRecord(api, submitted[0]!.workflow_id, stopWatching.signal)
    .then((seen) => (seen ? (performance.now() - options.startedAt) / 1000 : undefined))
  const ended: Workflow[] = []
  for (const { workflow_id } of submitted) {
    ended.push(await followWorkflow(api, workflow_id, { json: options.json, signal: options.signal }))
  }
  stopWatching.abort()
  const firstSeconds = await first
  if (firstSeconds !== undefined) notice(`first record stored ${firstSeconds.toFixed(1)} s after the start`)
  return ended
}

/** Resolves true at the first update that tells of a stored record. */
async function firstRecord(api: ApiClient, id: string, signal: AbortSignal): Promise<boolean> {
  for await (const { workflow } of api.updates(id, signal)) {
    if (workflow.stages.some((s) => s.stage === 'arango-connector' && s.records_written > 0)) return true
  }
  return false
}

async function verifyFiles(platform: Platform, certificates: CoverageCertificate[], files: readonly RecordedFile[]): Promise<boolean> {
  const pairs = certificates.flatMap((certificate) => {
    const file = sourceFile(certificate, files)
    return file ? [{ certificate, file }] : []
  })
  if (!pairs.length) return true
  const store = await connectStore({ kind: 'embedded', file: join(platform.dataDir, 'store.db') })
  let rows = 0
  let wrong = 0
  for (const { certificate, file } of pairs) {
    const comparison = await verifyAgainstFile(store, certificate, file)
    rows += comparison.rows
    if (comparison.equal && comparison.checksum === certificate.checksum) continue
    wrong++
    const { row, source, stored } = comparison.difference ?? {}
    notice(`DIFFERENT: ${certificate.symbol} ${certificate.type} and ${file.file}: ` +
      (row ? `row ${row} is '${source}' in the file and '${stored}' in the store` : 'checksum'))
  }
  await store.close()
  notice(wrong ? `${wrong} of ${pairs.length} datasets differ from their files` : `verified row by row against ${pairs.length} source files: ${count(rows)} rows equal`)
  return wrong === 0
}

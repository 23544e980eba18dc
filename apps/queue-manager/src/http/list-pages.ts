import { StreamForgeError, type CoveragePage, type ListCoverageQuery, type ListWorkflowsQuery, type StoredCoverageCertificate, type WorkflowPage } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { z } from 'zod'
import { publicSummary } from '../orchestrator/workflow-feed.ts'
import type { WorkflowRecords } from '../orchestrator/workflow-records.ts'

const encodeCursor = (position: string) => Buffer.from(position).toString('base64url')

function decodeCursor(cursor: string | undefined, pattern: RegExp): string | undefined {
  if (cursor === undefined) return undefined
  const position = Buffer.from(cursor, 'base64url').toString()
  if (pattern.test(position)) return position
  const message = 'next_cursor of the page before, unchanged'
  throw new StreamForgeError('BAD_REQUEST', 'cursor: not one that this API gave out', { remedy: message, details: { errors: [{ field: 'cursor', message }] } })
}

const readAtOnce = 500

/** A page of workflows, newest first. Symbol and type are looked for in what is read, page after page. */
export async function listWorkflows(records: WorkflowRecords, query: z.infer<typeof ListWorkflowsQuery>): Promise<WorkflowPage> {
  const { status, symbol, type, limit } = query
  let before = decodeCursor(query.cursor, /^\d{15}-wf-[0-9a-f]{6}$/)
  const page: WorkflowPage['workflows'] = []
  for (;;) {
    const batch = await records.list({ status, before, limit: symbol || type ? readAtOnce : limit + 1 })
    for (const workflow of batch) {
      const { symbols, types } = workflow.request
      if ((symbol && !symbols.includes(symbol)) || (type && !types.includes(type))) {
        before = workflow.position
        continue
      }
      if (page.length === limit) return { workflows: page, next_cursor: encodeCursor(before!) }
      page.push(publicSummary(workflow))
      before = workflow.position
    }
    if (batch.length < (symbol || type ? readAtOnce : limit + 1)) return { workflows: page }
  }
}

/** A page of certificates in order of their queues' ids. */
export async function listCoverage(store: Store, query: z.infer<typeof ListCoverageQuery>): Promise<CoveragePage> {
  const { cursor, limit, ...filters } = query
  const after = decodeCursor(cursor, /^[a-z0-9][a-z0-9_.M-]{2,120}$/)
  const where = Object.fromEntries(Object.entries(filters).filter((f): f is [string, string] => f[1] !== undefined))
  const found = await store.find<z.infer<typeof StoredCoverageCertificate>>('coverage', {
    where: { ...where, ...(after !== undefined && { _key: { gt: after } }) }, sort: [{ field: '_key', direction: 'asc' }], limit: limit + 1,
  })
  const certificates = found.slice(0, limit).map(({ _key, ...certificate }) => certificate)
  return found.length > limit ? { certificates, next_cursor: encodeCursor(found[limit - 1]!._key) } : { certificates }
}

import type { WorkflowSummary } from '@streamforge/contracts'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { renderCertificates } from '../render/certificates.ts'
import { count } from '../render/format.ts'
import { renderTable } from '../render/table.ts'

export async function workflows(options: ConnectionOptions & { status?: string; json?: boolean }): Promise<number> {
  const api = await connectApi(options)
  const all: WorkflowSummary[] = []
  let cursor: string | undefined
  do {
    const page = await api.workflows({ ...(options.status && { status: options.status }), ...(cursor && { cursor }) })
    all.push(...page.workflows)
    cursor = page.next_cursor
  } while (cursor)
  if (options.json) printJson(all)
  else if (!all.length) print("no workflows yet; 'streamforge submit' makes one")
  else print(renderTable(all, [
    { title: 'workflow', value: (w) => w.workflow_id },
    { title: 'status', value: (w) => w.status },
    { title: 'what', value: (w) => summary(w) },
    { title: 'records', value: (w) => count(w.stages.at(-1)?.records_written ?? 0), align: 'right' },
    { title: 'created', value: (w) => new Date(w.created_at).toISOString().slice(0, 19).replace('T', ' ') },
    { title: 'reason', value: (w) => w.reason ?? '' },
  ]))
  return 0
}

function summary({ name, request }: WorkflowSummary): string {
  const symbols = request.symbols.length > 3 ? `${request.symbols.length} symbols` : request.symbols.join(' ')
  return `${name ? `${name}: ` : ''}${symbols}, ${request.types.join(' ')}, ${request.time_range}`
}

export async function coverage(
  options: ConnectionOptions & { symbol?: string; type?: string; workflow?: string; json?: boolean },
): Promise<number> {
  const api = await connectApi(options)
  const certificates = []
  let cursor: string | undefined
  do {
    const page = await api.coverage({
      ...(options.symbol && { symbol: options.symbol }), ...(options.type && { type: options.type }),
      ...(options.workflow && { workflow_id: options.workflow }), ...(cursor && { cursor }),
    })
    certificates.push(...page.certificates)
    cursor = page.next_cursor
  } while (cursor)
  if (options.json) printJson(certificates)
  else print(certificates.length ? renderCertificates(certificates) : 'no certificates yet')
  return 0
}

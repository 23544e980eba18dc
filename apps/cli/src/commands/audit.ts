import type { AuditEntry } from '@streamforge/contracts'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { renderTable } from '../render/table.ts'

/** Who changed what, newest first. */
export async function audit(options: ConnectionOptions & { caller?: string; action?: string; outcome?: string; limit: number; json?: boolean }): Promise<number> {
  const api = await connectApi(options)
  const entries: AuditEntry[] = []
  let cursor: string | undefined
  do {
    const page = await api.audit({
      ...(options.caller && { caller: options.caller }), ...(options.action && { action: options.action }), ...(options.outcome && { outcome: options.outcome }),
      ...(cursor && { cursor }), limit: String(Math.max(1, Math.min(500, options.limit - entries.length))),
    })
    entries.push(...page.entries)
    cursor = page.next_cursor
  } while (cursor && entries.length < options.limit)
  if (options.json) printJson(entries)
  else if (!entries.length) print('nothing has been changed yet')
  else print(renderTable(entries, [
    { title: 'when', value: (e) => new Date(e.at).toISOString().slice(0, 19).replace('T', ' ') },
    { title: 'who', value: (e) => e.caller?.name ?? 'unknown' },
    { title: 'role', value: (e) => e.caller?.role ?? '' },
    { title: 'what', value: (e) => e.action },
    { title: 'target', value: (e) => e.target },
    { title: 'outcome', value: (e) => `${e.outcome} ${e.status}` },
    { title: 'from', value: (e) => e.address },
  ]))
  return 0
}

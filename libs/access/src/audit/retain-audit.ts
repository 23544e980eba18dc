import { randomUUID } from 'node:crypto'
import type { Store } from '@streamforge/store'
import { auditEntry } from './audit-entry.ts'
import { auditCollection, auditKey, type AuditLog } from './audit-log.ts'

export interface RetentionParts {
  store: Pick<Store, 'find' | 'count' | 'deleteKeys'>
  audit: Pick<AuditLog, 'write'>
  /** Days that an entry is kept; 0: for ever. */
  days: number
  /** Milliseconds since the epoch. */
  now: () => number
}

const dayMs = 86_400_000
const batch = 500

/**
 * Removes the entries that are older than the retention; resolves with how many. Never silently: before the first is removed, an entry says
 * how many will be, and from when on entries stay.
 */
export async function removeOldAudit({ store, audit, days, now }: RetentionParts): Promise<number> {
  if (days === 0) return 0
  const at = now()
  const from = at - days * dayMs
  const to = auditKey(from, '')
  const count = await store.count(auditCollection, { to })
  if (count === 0) return 0
  await audit.write(auditEntry({ id: randomUUID(), ip: '' }, {
    at, service: 'queue-manager', caller: null, action: 'removeOldAudit', target: `${count} entries of before ${new Date(from).toISOString()} (AUDIT_RETENTION_DAYS=${days})`, status: 200,
  }))
  for (;;) {
    const keys = (await store.find(auditCollection, { where: { _key: { lt: to } }, limit: batch })).map(({ _key }) => _key)
    if (keys.length === 0) return count
    await store.deleteKeys(auditCollection, keys)
  }
}

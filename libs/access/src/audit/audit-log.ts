import { AuditEntry, StreamForgeError, type AuditPage, type AuditQuery } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

export const auditCollection = 'audit'
/** Entries in order of their time, those of one millisecond in none. */
export const auditKey = (at: number, suffix: string): string => `${String(at).padStart(15, '0')}-${suffix}`
/** Refusals of callers that nobody knows, kept a minute at most: strangers must not fill the store. The log has them all. */
const strangersAMinute = 100

export interface AuditLog {
  /** Never fails: what cannot be stored is handed to `onLost`. Resolves when it is durable. */
  write(entry: AuditEntry): Promise<void>
  /** Newest first. @throws StreamForgeError BAD_REQUEST for a cursor of elsewhere */
  page(query: AuditQuery): Promise<AuditPage>
}

export interface AuditParts {
  store: Pick<Store, 'ensureCollection' | 'writeBatch' | 'find'>
  randomBytes: (count: number) => Uint8Array
  /** Every entry, as it comes: a second place, which whoever changes the store does not reach. */
  onEntry: (entry: AuditEntry) => void
  onLost: (entry: AuditEntry, error: unknown) => void
}

const Key = /^\d{15}-[0-9a-f]{12}$/

/** Who changed what, when, and what came of it: one document each, never changed; removed only as the retention that is configured says. */
export async function openAuditLog({ store, randomBytes, onEntry, onLost }: AuditParts): Promise<AuditLog> {
  await store.ensureCollection(auditCollection, { indexes: [['caller_id'], ['action'], ['outcome']] })
  let minute = -1
  let strangers = 0
  const isTooMuch = ({ caller, at }: AuditEntry) => {
    if (caller !== null) return false
    const now = Math.floor(at / 60_000)
    if (now !== minute) [minute, strangers] = [now, 0]
    return ++strangers > strangersAMinute
  }
  return {
    async write(entry) {
      onEntry(entry)
      if (isTooMuch(entry)) return
      const _key = auditKey(entry.at, Buffer.from(randomBytes(6)).toString('hex'))
      try {
        const { rejected } = await store.writeBatch(auditCollection, [{ _key, ...AuditEntry.parse(entry), caller_id: entry.caller?.id ?? null }])
        if (rejected[0]) throw new StreamForgeError('STORE_REJECTED', rejected[0].reason)
      } catch (error) {
        onLost(entry, error)
      }
    },
    async page({ caller, action, outcome, cursor, limit }) {
      const before = cursor === undefined ? undefined : positionOf(cursor)
      const found = await store.find(auditCollection, {
        where: { ...(caller !== undefined && { caller_id: caller }), ...(action !== undefined && { action }), ...(outcome !== undefined && { outcome }), ...(before !== undefined && { _key: { lt: before } }) },
        sort: [{ field: '_key', direction: 'desc' }], limit: limit + 1,
      })
      const entries = found.slice(0, limit).map(({ _key, caller_id: _caller, ...entry }) => AuditEntry.parse(entry))
      return found.length > limit ? { entries, next_cursor: Buffer.from(found[limit - 1]!._key).toString('base64url') } : { entries }
    },
  }
}

function positionOf(cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString()
  if (Key.test(position)) return position
  const message = 'next_cursor of the page before, unchanged'
  throw new StreamForgeError('BAD_REQUEST', 'cursor: not one that this API gave out', { remedy: message, details: { errors: [{ field: 'cursor', message }] } })
}

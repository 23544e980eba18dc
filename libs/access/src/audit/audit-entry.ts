import type { AuditEntry } from '@streamforge/contracts'

/** A request as its server knows it. */
export interface AskedFor {
  readonly id: string
  /** Where it came from. */
  readonly ip: string
}

/** What an entry says beside its request; `status` is that of the HTTP answer, `at` milliseconds since the epoch. */
export type Attempted = Pick<AuditEntry, 'at' | 'service' | 'caller' | 'action' | 'target' | 'status'>

/** The entry of a request that was answered. Paths and names come from strangers: what is longer than an entry takes is cut off. */
export function auditEntry({ id, ip }: AskedFor, { action, target, ...attempted }: Attempted): AuditEntry {
  const { status } = attempted
  return {
    ...attempted, request_id: id, address: ip.slice(0, 100), action: action.slice(0, 100), target: target.slice(0, 300),
    outcome: status < 400 ? 'done' : status < 500 ? 'refused' : 'failed',
  }
}

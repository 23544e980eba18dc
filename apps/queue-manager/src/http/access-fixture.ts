import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AccessConfig, openAccess, openAuditLog, readLocalToken, type Access, type AccessParts, type AuditLog } from '@streamforge/access'
import type { AuditEntry } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { z } from 'zod'

export interface TestAccess {
  access: Access
  audit: AuditLog
  /** Of the token in the data folder: may do everything. */
  asAdmin: { authorization: string }
  /** What the audit log handed to the service's own log. */
  logged: AuditEntry[]
  close(): Promise<void>
}

/** Access as queue-manager opens it, over a store of the test, in a data folder of its own. For tests. */
export async function openTestAccess(store: Store, env: Record<string, string> = {}, parts: Partial<AccessParts> = {}): Promise<TestAccess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-access-'))
  const logged: AuditEntry[] = []
  const access = await openAccess({ config: z.object(AccessConfig).parse(env), host: '127.0.0.1', dataDir, store, now: Date.now, randomBytes, ...parts })
  const audit = await openAuditLog({ store, randomBytes, onEntry: (entry) => void logged.push(entry), onLost: (_entry, error) => { throw error } })
  return {
    access, audit, logged, asAdmin: { authorization: `Bearer ${await readLocalToken(dataDir)}` },
    close: () => rm(dataDir, { recursive: true, force: true }),
  }
}

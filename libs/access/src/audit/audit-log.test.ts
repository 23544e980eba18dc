import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEntry } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAuditLog, type AuditLog } from './audit-log.ts'
import { removeOldAudit } from './retain-audit.ts'

const start = Date.UTC(2026, 0, 5)
const caller = (id: string) => ({ kind: 'token', id, name: id, role: 'operator' }) as const
const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: start + n, service: 'queue-manager', request_id: `r${n}`, caller: caller('tok-000000000001'), address: '127.0.0.1', action: 'stopWorkflow', target: `wf-${n}`, outcome: 'done', status: 200, ...more,
})

describe('the audit log', () => {
  let directory: string
  let store: Store
  let audit: AuditLog
  const seen: AuditEntry[] = []
  const lost: unknown[] = []
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-audit-'))
    store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
    audit = await openAuditLog({ store, randomBytes, onEntry: (e) => void seen.push(e), onLost: (_, error) => void lost.push(error) })
  })
  afterAll(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  it('ASVS 16.2.1: says when, who, what, about what, from where and what came of it, newest first, page after page', async () => {
    for (let n = 0; n < 5; n++) await audit.write(entry(n))
    const first = await audit.page({ limit: 2 })
    expect(first.entries).toEqual([entry(4), entry(3)])
    const second = await audit.page({ limit: 2, cursor: first.next_cursor })
    expect(second.entries).toEqual([entry(2), entry(1)])
    expect(await audit.page({ limit: 2, cursor: second.next_cursor })).toEqual({ entries: [entry(0)] })
    await expect(audit.page({ limit: 2, cursor: 'bm8' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('is searched by who, what and outcome', async () => {
    await audit.write(entry(10, { caller: caller('tok-000000000002'), action: 'deleteWorkflow', outcome: 'refused', status: 403 }))
    for (const query of [{ caller: 'tok-000000000002' }, { action: 'deleteWorkflow' }, { outcome: 'refused' as const }]) {
      expect((await audit.page({ limit: 10, ...query })).entries).toMatchObject([{ request_id: 'r10' }])
    }
  })

  it('is not filled by strangers, of whom the other log tells', async () => {
    seen.length = 0
    for (let n = 0; n < 150; n++) await audit.write(entry(60_000, { caller: null, outcome: 'refused', status: 401, action: 'createToken' }))
    expect(seen).toHaveLength(150)
    expect((await audit.page({ limit: 500, action: 'createToken' })).entries).toHaveLength(100)
    await audit.write(entry(120_000, { caller: null, outcome: 'refused', status: 401, action: 'createToken' }))
    expect((await audit.page({ limit: 500, action: 'createToken' })).entries).toHaveLength(101)
  })

  it('hands on what it could not keep', async () => {
    const broken = await openAuditLog({ store: { ...store, ensureCollection: async () => undefined, writeBatch: () => Promise.reject(new Error('disk full')), find: store.find }, randomBytes, onEntry: () => undefined, onLost: (_, error) => void lost.push(error) })
    await broken.write(entry(1))
    expect(lost).toMatchObject([{ message: 'disk full' }])
  })
})

describe('ASVS 16.4.2: what is older than the retention', () => {
  const dayMs = 86_400_000
  let directory: string
  let store: Store
  let audit: AuditLog
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-audit-'))
    store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
    audit = await openAuditLog({ store, randomBytes, onEntry: () => undefined, onLost: (_, error) => { throw error } })
    for (let day = 0; day < 6; day++) await audit.write(entry(day * dayMs))
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })
  const remove = (days: number, given: Pick<AuditLog, 'write'> = audit) => removeOldAudit({ store, audit: given, days, now: () => start + 6 * dayMs })
  const times = async () => (await audit.page({ limit: 100 })).entries.map(({ at, action }) => [(at - start) / dayMs, action])

  it('is removed, and an entry says how much and from when on the rest stays', async () => {
    expect(await remove(3)).toBe(3)
    expect(await times()).toEqual([[6, 'removeOldAudit'], [5, 'stopWorkflow'], [4, 'stopWorkflow'], [3, 'stopWorkflow']])
    expect((await audit.page({ limit: 1 })).entries[0]).toMatchObject({ target: '3 entries of before 2026-01-08T00:00:00.000Z (AUDIT_RETENTION_DAYS=3)', outcome: 'done', caller: null })
  })

  it('is kept for ever unless somebody has said how long, and nothing is written where nothing is old', async () => {
    expect([await remove(0), await remove(6)]).toEqual([0, 0])
    expect(await times()).toHaveLength(6)
  })

  it('is told before anything of it is removed', async () => {
    await expect(remove(3, { write: () => Promise.reject(new Error('the store is away')) })).rejects.toThrow('away')
    expect(await times()).toHaveLength(6)
  })
})

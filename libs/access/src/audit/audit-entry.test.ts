import { AuditEntry } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { auditEntry } from './audit-entry.ts'

const attempted = { at: 1_700_000_000_000, service: 'dashboard', caller: null, action: 'POST /api/tokens', target: '/api/tokens' } as const
const request = { id: 'r-1', ip: '192.0.2.1' }

it.each([[204, 'done'], [302, 'done'], [401, 'refused'], [429, 'refused'], [500, 'failed'], [503, 'failed']] as const)('an answer of %i is %s', (status, outcome) => {
  expect(auditEntry(request, { ...attempted, status })).toEqual({ ...attempted, status, outcome, request_id: 'r-1', address: '192.0.2.1' })
})

it('is one that can be stored, however long what was asked for', () => {
  const long = 'x'.repeat(5_000)
  const entry = auditEntry({ id: 'r-1', ip: long }, { ...attempted, action: long, target: long, status: 404 })
  expect(AuditEntry.parse(entry)).toEqual(entry)
})

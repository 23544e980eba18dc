import { errorCodes, StreamForgeError, type ErrorCode } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { refusalReason } from './refusals.ts'

it('has a reason where a guard said no, and none where the request was wrong or something failed', () => {
  const of = (code: ErrorCode, details = {}) => refusalReason(new StreamForgeError(code, 'no', { details }))
  expect([of('TOO_MANY_REQUESTS', { budget: 'reads' }), of('TOO_MANY_REQUESTS'), of('QUOTA_EXCEEDED'), of('NOT_AUTHENTICATED'), of('NOT_ALLOWED'), of('BODY_TOO_LARGE')])
    .toEqual(['reads', 'elsewhere', 'quota', 'not_authenticated', 'not_allowed', 'too_large'])
  expect(errorCodes.filter((code) => of(code) !== undefined)).toHaveLength(6)
})

import { describe, expect, it } from 'vitest'
import { reconcile } from './reconcile.ts'

describe('reconciling the store with the loader', () => {
  it.each([
    ['equal counts', { stored: 10, sent: 10, deadLettered: 0 }],
    ['dead letters for all that is missing', { stored: 8, sent: 10, deadLettered: 2 }],
    ['dead letters that were no records', { stored: 10, sent: 10, deadLettered: 3 }],
    ['nothing at all', { stored: 0, sent: 0, deadLettered: 0 }],
  ])('accepts %s', (_, counts) => expect(() => reconcile(counts)).not.toThrow())

  it.each([
    ['2 too few', { stored: 7, sent: 10, deadLettered: 1 }],
    ['1 too many', { stored: 11, sent: 10, deadLettered: 0 }],
  ])('refuses %s', (message, counts) => {
    expect(() => reconcile(counts)).toThrowError(message)
    expect(() => reconcile(counts)).toThrowError(expect.objectContaining({ code: 'RECONCILIATION_MISMATCH', retryable: true }))
  })
})

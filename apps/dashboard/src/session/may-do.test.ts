import { roleAllows, roles, type Caller } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { whyNot } from '../../web/src/session/may-do.ts'

const caller = (role: Caller['role']): Caller => ({ kind: 'user', id: 'user:a', name: 'a', role })

describe('what a page offers', () => {
  it('is what the server allows', () => {
    for (const has of roles) for (const needs of roles) expect(whyNot(caller(has), needs) === undefined, `${has} ${needs}`).toBe(roleAllows(has, needs))
  })

  it('says why not, and leaves it to the server while nobody is known', () => {
    expect(whyNot(caller('viewer'), 'operator')).toBe('this needs the role operator; you are viewer')
    expect(whyNot(undefined, 'admin')).toBeUndefined()
  })
})

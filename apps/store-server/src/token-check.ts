import { createHash, timingSafeEqual } from 'node:crypto'
import { StreamForgeError } from '@streamforge/contracts'

/**
 * Checks an authorization header. Hashes are compared, in constant time: how long it takes says nothing about the token, nor its length.
 * @throws StreamForgeError NOT_AUTHENTICATED
 */
export function tokenCheck(token: string): (authorization: string | undefined) => void {
  const expected = digest(`Bearer ${token}`)
  return (authorization = '') => {
    if (timingSafeEqual(digest(authorization), expected)) return
    throw new StreamForgeError('NOT_AUTHENTICATED', 'the token is missing or wrong', { remedy: 'send STORE_TOKEN as authorization: Bearer' })
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest()

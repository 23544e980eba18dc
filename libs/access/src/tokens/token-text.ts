import { createHash, timingSafeEqual } from 'node:crypto'

/** `stf_` and 32 random bytes as base64url: recognised by who looks for secrets that got out. */
export const tokenPrefix = 'stf_'
const form = /^stf_[A-Za-z0-9_-]{43}$/

/** @param bytes 32 random ones */
export const tokenText = (bytes: Uint8Array): string => `${tokenPrefix}${Buffer.from(bytes).toString('base64url')}`
export const isApiToken = (token: string): boolean => form.test(token)

/** In hex. A slow hash would add nothing: what is hashed has 256 random bits. */
export const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The first 48 bits of the hash: enough to find a token by, and nothing to guess it from. */
export const tokenId = (hash: string): string => `tok-${hash.slice(0, 12)}`

/** In constant time. @param expected in hex */
export const sameHash = (hash: string, expected: string): boolean => timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(expected, 'hex'))

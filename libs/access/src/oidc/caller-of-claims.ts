import { createHash } from 'node:crypto'
import { roles, StreamForgeError, type Caller } from '@streamforge/contracts'
import type { JWTPayload } from 'jose'

/** The most that a token's roles give; other roles are of other systems. @throws StreamForgeError NOT_ALLOWED for a token with none of ours */
export function callerOfClaims(claims: JWTPayload, rolesClaim: string): Caller {
  const subject = claims.sub
  // The verifier asks for it; without it nobody could be told from anybody.
  if (subject === undefined || subject === '') throw new StreamForgeError('NOT_AUTHENTICATED', 'the token names no subject')
  const given = claimAt(claims, rolesClaim)
  const role = roles.findLast((r) => Array.isArray(given) && given.includes(r))
  const name = [claims['preferred_username'], claims['name'], claims['azp'], subject].find((n): n is string => typeof n === 'string' && n !== '')!.slice(0, 200)
  if (role === undefined) {
    throw new StreamForgeError('NOT_ALLOWED', `${name} has none of the roles ${roles.join(', ')}`, { remedy: "ask whoever looks after the issuer's users for one" })
  }
  return { kind: 'user', id: userId(subject), name, role }
}

/** Subjects are whatever an issuer likes; as they are where they can be, otherwise their hash. */
const userId = (subject: string) =>
  /^[\x21-\x7e]{1,190}$/.test(subject) ? `user:${subject}` : `user:sha256:${createHash('sha256').update(subject).digest('hex')}`

/** A claim by its own name, dots and all, or by the way that its dots describe. */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  return path.split('.').reduce<unknown>((value, name) =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined, claims)
}

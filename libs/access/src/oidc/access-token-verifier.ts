import { StreamForgeError, type Caller } from '@streamforge/contracts'
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose'
import { callerOfClaims } from './caller-of-claims.ts'
import { discoverIssuer } from './discover-issuer.ts'

/** Signatures by a key pair only: with a shared secret whoever checks could also sign, and a public key could be passed off as one. */
export const signatureAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const

export interface VerifierOptions {
  issuer: string
  audience: string
  rolesClaim: string
  clockToleranceS: number
  /** Milliseconds since the epoch. */
  now: () => number
  fetch?: typeof fetch
  /** Shortest time between two looks for keys that are not known, in milliseconds. */
  cooldownMs?: number
}

export type VerifyAccessToken = (token: string) => Promise<Caller>

/**
 * Checks access tokens of one issuer: signature by a key of its own, algorithm, issuer, audience, times, kind of token. Keys are fetched at the
 * first token and again when one is not among them (a rotation), at most every half minute; a key that is gone from there is refused within ten minutes.
 * @throws StreamForgeError NOT_AUTHENTICATED, NOT_ALLOWED without any of our roles, UNAVAILABLE when the issuer does not answer
 */
export function accessTokenVerifier(options: VerifierOptions): VerifyAccessToken {
  const { issuer, audience, rolesClaim, clockToleranceS, now, fetch: fetchFunction = fetch, cooldownMs = 30_000 } = options
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined
  const issuerKeys = () => (keys ??= discoverIssuer(issuer, fetchFunction)
    .then(({ jwksUri }) => createRemoteJWKSet(jwksUri, { cooldownDuration: cooldownMs, cacheMaxAge: 600_000, [customFetch]: fetchFunction }))
    .catch((error: unknown) => {
      keys = undefined
      throw error
    }))
  return async (token) => {
    const resolveKey = await issuerKeys()
    const { payload, protectedHeader } = await jwtVerify(token, resolveKey, {
      algorithms: [...signatureAlgorithms], issuer, audience, clockTolerance: clockToleranceS, requiredClaims: ['exp', 'iat', 'sub'], currentDate: new Date(now()),
    }).catch((thrown: unknown) => { throw refusal(thrown) })
    requireAccessToken(payload, protectedHeader.typ)
    return callerOfClaims(payload, rolesClaim)
  }
}

/** ID tokens, refresh tokens and logout tokens are signed by the same keys; they are not for this. */
function requireAccessToken(payload: JWTPayload, headerType: string | undefined): void {
  const types = [headerType, payload['typ']].filter((t): t is string => typeof t === 'string').map((t) => t.toLowerCase().replace(/^application\//, ''))
  if (types.every((t) => ['jwt', 'at+jwt', 'bearer'].includes(t))) return
  throw new StreamForgeError('NOT_AUTHENTICATED', 'the token is not an access token', { remedy: 'send the access token of the sign-in, not another one of it' })
}

function refusal(thrown: unknown): StreamForgeError {
  if (thrown instanceof StreamForgeError) return thrown
  if (thrown instanceof errors.JWTExpired) return new StreamForgeError('NOT_AUTHENTICATED', 'the token has expired', { remedy: 'sign in again', cause: thrown })
  if (thrown instanceof errors.JWTClaimValidationFailed) {
    return new StreamForgeError('NOT_AUTHENTICATED', `the token's '${thrown.claim}' is not what is expected here`, { remedy: 'it must be of this issuer, for this audience, and valid now', cause: thrown })
  }
  if (thrown instanceof errors.JWKSTimeout || thrown instanceof errors.JWKSInvalid || !(thrown instanceof errors.JOSEError)) {
    return new StreamForgeError('UNAVAILABLE', "the issuer's keys cannot be read", { cause: thrown, remedy: 'try again in a moment' })
  }
  return new StreamForgeError('NOT_AUTHENTICATED', 'the token is not one of this issuer', { remedy: 'sign in again', cause: thrown })
}

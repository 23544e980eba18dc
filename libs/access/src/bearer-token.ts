import { StreamForgeError } from '@streamforge/contracts'

/** Longer than any token of ours or of an issuer that we would read. */
const maxLength = 16_384

/**
 * The token of an authorization header; undefined without one. Tokens elsewhere (queries, bodies) do not count: addresses end up in logs.
 * @throws StreamForgeError NOT_AUTHENTICATED for any other kind of authorization
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined
  const [, token] = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization) ?? []
  if (token !== undefined && token.length <= maxLength) return token
  throw new StreamForgeError('NOT_AUTHENTICATED', 'the authorization header holds no bearer token', { remedy: "send 'authorization: Bearer <token>'" })
}

import type { IncomingHttpHeaders } from 'node:http'
import { StreamForgeError, type Caller } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { AccessSettings } from './access-config.ts'
import { bearerToken } from './bearer-token.ts'
import { accessTokenVerifier, type VerifyAccessToken } from './oidc/access-token-verifier.ts'
import { isLoopback, requireSameOrigin } from './same-origin.ts'
import { openApiTokens, type ApiTokens } from './tokens/api-tokens.ts'
import { ensureLocalToken } from './tokens/local-token.ts'
import { isApiToken, sameHash, sha256 } from './tokens/token-text.ts'

export interface AccessParts {
  config: AccessSettings
  /** What the server listens on. */
  host: string
  /** Where the token of this installation lies. */
  dataDir: string
  store: Store
  /** Milliseconds since the epoch. */
  now: () => number
  randomBytes: (count: number) => Uint8Array
  fetch?: typeof fetch
}

export interface Access {
  /** Nobody signs in: requests without a token are the local operator's. Only where nobody but this machine reaches the server. */
  readonly open: boolean
  readonly tokens: ApiTokens
  /** Who a token stands for, whatever its kind. @throws StreamForgeError NOT_AUTHENTICATED, NOT_ALLOWED, UNAVAILABLE */
  verify(token: string): Promise<Caller>
  /**
   * Who a request is from. A token that is sent and wrong is refused, also where none is needed.
   * @param changes whether the request may change something
   * @throws StreamForgeError NOT_ALLOWED for a page of another site, NOT_AUTHENTICATED, UNAVAILABLE
   */
  identify(headers: IncomingHttpHeaders, changes: boolean): Promise<Caller>
  /** The part of {@link identify} that does not depend on who asks. */
  requireOwnPage(headers: IncomingHttpHeaders, changes: boolean): void
}

/** Of a request without a token where nobody signs in: everything but making tokens and reading the audit log, which need the file in the data folder. */
export const localOperator: Caller = { kind: 'local', id: 'local', name: 'local', role: 'operator' }
const localAdmin: Caller = { ...localOperator, role: 'admin' }
const deployment: Caller = { kind: 'deployment', id: 'deployment', name: 'deployment', role: 'admin' }

/** Everything that decides who a request is from. */
export async function openAccess(parts: AccessParts): Promise<Access> {
  const { config, host, now } = parts
  const tokens = await openApiTokens(parts)
  const localHash = sha256(await ensureLocalToken(parts.dataDir, parts.randomBytes))
  const verifyAccessToken: VerifyAccessToken | undefined = config.OIDC_ISSUER === undefined ? undefined : accessTokenVerifier({
    issuer: config.OIDC_ISSUER, audience: config.OIDC_AUDIENCE, rolesClaim: config.OIDC_ROLES_CLAIM, clockToleranceS: config.OIDC_CLOCK_TOLERANCE_S, now, ...(parts.fetch && { fetch: parts.fetch }),
  })
  const open = isLoopback(host) && config.OIDC_ISSUER === undefined && config.API_TOKEN_SHA256 === undefined
  const verify = async (token: string): Promise<Caller> => {
    if (isApiToken(token)) {
      const hash = sha256(token)
      if (sameHash(hash, localHash)) return localAdmin
      if (config.API_TOKEN_SHA256 !== undefined && sameHash(hash, config.API_TOKEN_SHA256)) return deployment
      return tokens.verify(token)
    }
    if (verifyAccessToken) return verifyAccessToken(token)
    throw new StreamForgeError('NOT_AUTHENTICATED', 'the token is none of this installation', { remedy: 'ask an admin for one: streamforge token create' })
  }
  const requireOwnPage: Access['requireOwnPage'] = (headers, changes) => requireSameOrigin(headers, host, changes)
  return {
    open, tokens, verify, requireOwnPage,
    async identify(headers, changes) {
      requireOwnPage(headers, changes)
      const token = bearerToken(headers.authorization)
      if (token !== undefined) return verify(token)
      if (open) return localOperator
      throw new StreamForgeError('NOT_AUTHENTICATED', 'a token is needed here', { remedy: "send 'authorization: Bearer <token>': an API token, or an access token of the issuer" })
    },
  }
}

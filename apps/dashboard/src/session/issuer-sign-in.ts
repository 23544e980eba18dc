import { StreamForgeError } from '@streamforge/contracts'
import {
  allowInsecureRequests, authorizationCodeGrant, buildAuthorizationUrl, buildEndSessionUrl, calculatePKCECodeChallenge, ClientSecretPost, discovery, enableNonRepudiationChecks, None,
  randomNonce, randomPKCECodeVerifier, randomState, refreshTokenGrant, type Configuration, type TokenEndpointResponse,
} from 'openid-client'
import { z } from 'zod'

/** What must be the same when the person comes back. */
export const StartedSignIn = z.strictObject({ state: z.string(), nonce: z.string(), verifier: z.string(), to: z.string() })
export type StartedSignIn = z.infer<typeof StartedSignIn>

/** What the issuer gave for a person; it stays on the server. */
export const IssuedTokens = z.strictObject({
  kind: z.literal('issuer'),
  access_token: z.string(),
  refresh_token: z.string().optional(),
  id_token: z.string().optional(),
  expires_at: z.number().describe('Of the access token, milliseconds since the epoch'),
})
export type IssuedTokens = z.infer<typeof IssuedTokens>

export interface IssuerOptions {
  issuer: string
  clientId: string
  /** Absent: a public client, as the realm that ships has. */
  clientSecret?: string | undefined
  /** Where the issuer sends people back to: this site's own address, without a path. */
  siteUrl: () => string
  now: () => number
}

export interface IssuerSignIn {
  /** Where to send the person, and what to remember until they come back. */
  start(to: string): Promise<{ url: URL; started: StartedSignIn }>
  /** @throws StreamForgeError NOT_AUTHENTICATED when what came back is not the answer to what was started */
  finish(query: string, started: StartedSignIn): Promise<IssuedTokens>
  /** @throws StreamForgeError NOT_AUTHENTICATED when the issuer gives no more */
  refresh(tokens: IssuedTokens): Promise<IssuedTokens>
  endSessionUrl(tokens: IssuedTokens): Promise<URL | undefined>
}

export const callbackPath = '/sign-in/callback'

/** Sign-in by authorization code with PKCE, at any issuer that says by discovery where its parts are (OpenID Connect Core 1.0, RFC 7636, RFC 9700). */
export function issuerSignIn({ issuer, clientId, clientSecret, siteUrl, now }: IssuerOptions): IssuerSignIn {
  let found: Promise<Configuration> | undefined
  const configuration = () => (found ??= discover().catch((cause: unknown) => {
    found = undefined
    throw new StreamForgeError('UNAVAILABLE', 'the issuer of sign-ins does not answer', { cause, remedy: 'try again in a moment' })
  }))
  const discover = async () => {
    const insecure = issuer.startsWith('http:') ? { execute: [allowInsecureRequests] } : {}
    const config = await discovery(new URL(issuer), clientId, clientSecret, clientSecret === undefined ? None() : ClientSecretPost(clientSecret), { timeout: 10, ...insecure })
    // ID tokens are checked by their signature too, not only by where they came from.
    enableNonRepudiationChecks(config)
    return config
  }
  const redirectUri = () => `${siteUrl()}${callbackPath}`
  const issued = (answer: TokenEndpointResponse, before?: IssuedTokens): IssuedTokens => {
    const refresh = answer.refresh_token ?? before?.refresh_token
    const id = answer.id_token ?? before?.id_token
    return {
      kind: 'issuer', access_token: answer.access_token, expires_at: now() + (answer.expires_in ?? 60) * 1_000,
      ...(refresh !== undefined && { refresh_token: refresh }), ...(id !== undefined && { id_token: id }),
    }
  }
  return {
    async start(to) {
      const started = { state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier(), to }
      const url = buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri(), scope: 'openid', response_type: 'code', state: started.state, nonce: started.nonce,
        code_challenge: await calculatePKCECodeChallenge(started.verifier), code_challenge_method: 'S256',
      })
      return { url, started }
    },
    async finish(query, { state, nonce, verifier }) {
      const config = await configuration()
      const answer = await authorizationCodeGrant(config, new URL(`${redirectUri()}?${query}`), {
        expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true,
      }).catch((cause: unknown) => { throw refused(cause) })
      return issued(answer)
    },
    async refresh(tokens) {
      if (tokens.refresh_token === undefined) throw refused(undefined)
      const answer = await refreshTokenGrant(await configuration(), tokens.refresh_token).catch((cause: unknown) => { throw refused(cause) })
      return issued(answer, tokens)
    },
    async endSessionUrl({ id_token: idToken }) {
      const config = await configuration()
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined
      return buildEndSessionUrl(config, { post_logout_redirect_uri: siteUrl(), ...(idToken !== undefined && { id_token_hint: idToken }) })
    },
  }
}

const refused = (cause: unknown) => new StreamForgeError('NOT_AUTHENTICATED', 'the issuer did not confirm the sign-in', { cause, remedy: 'sign in again' })

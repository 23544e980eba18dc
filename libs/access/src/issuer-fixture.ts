import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'

export const issuer = 'https://issuer.example/realms/streamforge'

export interface PlayedIssuer {
  /** As far as a verifier asks: discovery and keys. */
  fetch: typeof fetch
  /** Addresses that were asked. */
  asked: string[]
  /** The public keys that it shows. */
  keys: JWK[]
  privateKey: CryptoKey
  publicKey: CryptoKey
  /** Signs with a key that it does not show before `keys` has it. */
  makeKey(kid: string): Promise<{ privateKey: CryptoKey; jwk: JWK }>
  /** An access token that is right in everything; `claims` and `header` make it otherwise. */
  token(claims?: Record<string, unknown>, header?: Record<string, unknown>, key?: CryptoKey): Promise<string>
}

/** An issuer of access tokens whose clock stands at `now`. For tests. */
export async function playIssuer(now: () => number): Promise<PlayedIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const played: PlayedIssuer = {
    asked: [], privateKey, publicKey, keys: [{ ...await exportJWK(publicKey), kid: 'first', alg: 'RS256', use: 'sig' }],
    fetch: async (input) => {
      const url = input instanceof Request ? input.url : String(input)
      played.asked.push(url)
      if (url === `${issuer}/.well-known/openid-configuration`) return Response.json({ issuer, jwks_uri: `${issuer}/keys` })
      return url === `${issuer}/keys` ? Response.json({ keys: played.keys }) : new Response('', { status: 404 })
    },
    async makeKey(kid) {
      const pair = await generateKeyPair('ES256')
      return { privateKey: pair.privateKey, jwk: { ...await exportJWK(pair.publicKey), kid, alg: 'ES256', use: 'sig' } }
    },
    token(claims = {}, header = {}, key = privateKey) {
      const seconds = Math.floor(now() / 1_000)
      return new SignJWT({ iss: issuer, aud: 'streamforge', sub: 'f3c1', iat: seconds, exp: seconds + 300, typ: 'Bearer', preferred_username: 'ada', roles: ['operator', 'viewer', 'offline_access'], ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'first', typ: 'JWT', ...header }).sign(key)
    },
  }
  return played
}

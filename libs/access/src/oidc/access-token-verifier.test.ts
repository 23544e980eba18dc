import { exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { issuer, playIssuer, type PlayedIssuer } from '../issuer-fixture.ts'
import { accessTokenVerifier, type VerifyAccessToken } from './access-token-verifier.ts'

const start = Date.UTC(2026, 0, 5)
const refused = { code: 'NOT_AUTHENTICATED' }

describe("an issuer's access tokens", () => {
  let at: number
  let played: PlayedIssuer
  let verify: VerifyAccessToken
  const options = () => ({ issuer, audience: 'streamforge', rolesClaim: 'roles', clockToleranceS: 30, now: () => at, fetch: played.fetch, cooldownMs: 0 })
  beforeEach(async () => {
    at = start
    played = await playIssuer(() => start)
    verify = accessTokenVerifier(options())
  })

  it('say who asks, and the most that their roles give', async () => {
    expect(await verify(await played.token())).toEqual({ kind: 'user', id: 'user:f3c1', name: 'ada', role: 'operator' })
    expect(await verify(await played.token({ roles: ['viewer', 'admin'] }))).toMatchObject({ role: 'admin' })
    const nested = accessTokenVerifier({ ...options(), rolesClaim: 'realm_access.roles' })
    expect(await nested(await played.token({ realm_access: { roles: ['viewer'] } }))).toMatchObject({ role: 'viewer' })
  })

  it('ASVS 9.1.1: are refused when a bit of them has been changed', async () => {
    const [header, , signature] = (await played.token()).split('.')
    const forged = Buffer.from(JSON.stringify({ iss: issuer, aud: 'streamforge', sub: 'x', iat: start / 1_000, exp: start / 1_000 + 300, roles: ['admin'] })).toString('base64url')
    await expect(verify(`${header}.${forged}.${signature}`)).rejects.toMatchObject(refused)
    await expect(verify(`${header}.${forged}.`)).rejects.toMatchObject(refused)
    await expect(verify('not.a.token')).rejects.toMatchObject(refused)
    const { privateKey } = await generateKeyPair('RS256')
    await expect(verify(await played.token({}, {}, privateKey))).rejects.toMatchObject(refused)
  })

  it('ASVS 9.1.2: are signed by an allowed algorithm: not none, and not with the public key as if it were a secret', async () => {
    const claims = { iss: issuer, aud: 'streamforge', sub: 'x', iat: start / 1_000, exp: start / 1_000 + 300, roles: ['admin'] }
    await expect(verify(new UnsecuredJWT(claims).encode())).rejects.toMatchObject(refused)
    const secret = new TextEncoder().encode(await exportSPKI(played.publicKey))
    await expect(verify(await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(secret))).rejects.toMatchObject(refused)
    const other = await generateKeyPair('RS512')
    played.keys = [...played.keys, { ...(await import('jose').then(({ exportJWK }) => exportJWK(other.publicKey))), kid: 'large', use: 'sig' }]
    await expect(verify(await new SignJWT(claims).setProtectedHeader({ alg: 'RS512', kid: 'large' }).sign(other.privateKey))).rejects.toMatchObject(refused)
  })

  it('ASVS 9.1.3: are checked by keys of the configured issuer only, wherever the token points', async () => {
    const { privateKey, jwk } = await played.makeKey('mine')
    for (const header of [{ jwk }, { jku: 'https://evil.example/keys' }, { x5u: 'https://evil.example/cert' }]) {
      await expect(verify(await played.token({ roles: ['admin'] }, { alg: 'ES256', kid: 'mine', ...header }, privateKey))).rejects.toMatchObject(refused)
    }
    expect(played.asked.filter((url) => !url.startsWith(issuer))).toEqual([])
  })

  it('ASVS 9.2.1: are good only within their time, give or take the tolerance', async () => {
    const token = await played.token()
    at = start + 329_000
    expect(await verify(token)).toMatchObject({ name: 'ada' })
    at = start + 331_000
    await expect(verify(token)).rejects.toMatchObject({ ...refused, message: 'the token has expired' })
    at = start
    await expect(verify(await played.token({ nbf: start / 1_000 + 60 }))).rejects.toMatchObject(refused)
    await expect(verify(await played.token({ exp: undefined }))).rejects.toMatchObject(refused)
  })

  it('ASVS 9.2.2: are access tokens: not those that prove a sign-in, renew one or end one', async () => {
    for (const typ of ['ID', 'Refresh', 'Logout']) await expect(verify(await played.token({ typ }))).rejects.toMatchObject(refused)
    await expect(verify(await played.token({ typ: undefined }, { typ: 'logout+jwt' }))).rejects.toMatchObject(refused)
    expect(await verify(await played.token({ typ: undefined }, { typ: 'at+jwt' }))).toMatchObject({ name: 'ada' })
  })

  it('ASVS 9.2.3, 10.3.1: are for us, and of the issuer', async () => {
    for (const claims of [{ aud: 'another' }, { aud: undefined }, { iss: 'https://issuer.example/realms/other' }]) await expect(verify(await played.token(claims))).rejects.toMatchObject(refused)
    expect(await verify(await played.token({ aud: ['account', 'streamforge'] }))).toMatchObject({ name: 'ada' })
  })

  it('ASVS 10.3.3: stand for their subject, which no name can be taken for', async () => {
    await expect(verify(await played.token({ sub: undefined }))).rejects.toMatchObject(refused)
    expect((await verify(await played.token({ sub: 'local' }))).id).toBe('user:local')
    const odd = (await verify(await played.token({ sub: 'two words' }))).id
    expect(odd).toMatch(/^user:sha256:[0-9a-f]{64}$/)
    expect((await verify(await played.token({ sub: 'two  words' }))).id).not.toBe(odd)
  })

  it('ASVS 8.2.1: give nothing without one of our roles', async () => {
    for (const roles of [[], ['superuser'], 'admin', undefined, { 0: 'admin' }]) await expect(verify(await played.token({ roles }))).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
  })

  it('are checked by new keys as soon as the issuer signs with them, and not by old ones', async () => {
    await verify(await played.token())
    const { privateKey, jwk } = await played.makeKey('second')
    const token = await played.token({}, { alg: 'ES256', kid: 'second' }, privateKey)
    await expect(verify(token)).rejects.toMatchObject(refused)
    played.keys = [jwk]
    expect(await verify(token)).toMatchObject({ name: 'ada' })
    await expect(verify(await played.token())).rejects.toMatchObject(refused)
  })

  it('ASVS 10.5.3: are not believed where discovery speaks for another issuer', async () => {
    const other = accessTokenVerifier({ ...options(), issuer: `${issuer}/`, fetch: played.fetch })
    await expect(other(await played.token())).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })

  it('wait for an issuer that does not answer, and are checked when it does', async () => {
    let down = true
    const verifier = accessTokenVerifier({ ...options(), fetch: (...args) => (down ? Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1')) : played.fetch(...args)) })
    await expect(verifier(await played.token())).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    down = false
    expect(await verifier(await played.token())).toMatchObject({ name: 'ada' })
  })
})

import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectStore, type Store } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AccessConfig } from './access-config.ts'
import { openAccess, type Access, type AccessParts } from './open-access.ts'
import { ensureLocalToken, localTokenFile } from './tokens/local-token.ts'
import { sha256, tokenText } from './tokens/token-text.ts'
import { issuer, playIssuer } from './issuer-fixture.ts'

let directory: string
let store: Store
let at = Date.UTC(2026, 0, 5)
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-access-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const open = (env: Record<string, string> = {}, parts: Partial<AccessParts> = {}): Promise<Access> =>
  openAccess({ config: z.object(AccessConfig).parse(env), host: '127.0.0.1', dataDir: directory, store, now: () => at, randomBytes, ...parts })
const bearer = (token: string) => ({ host: 'localhost', authorization: `Bearer ${token}` })
const owner = { kind: 'deployment', id: 'deployment', name: 'deployment', role: 'admin' } as const

describe('API tokens', () => {
  it('ASVS 6.5.2: are kept as their hash, and told once', async () => {
    const { tokens } = await open()
    const { token, token_id: id } = await tokens.create({ name: 'loader', role: 'viewer', expires_in_days: 1 }, owner)
    expect(token).toMatch(/^stf_[\w-]{43}$/)
    const kept = JSON.stringify([await store.get('api_tokens', id), await tokens.list()])
    expect(kept).toContain(sha256(token))
    expect(kept).not.toContain(token.slice('stf_'.length))
    expect(JSON.stringify(await tokens.list())).not.toContain(sha256(token))
  })

  it('ASVS 7.2.3: are 256 random bits each', async () => {
    const { tokens } = await open()
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => tokens.create({ name: `t${i}`, role: 'viewer', expires_in_days: 1 }, owner)))
    expect(new Set(made.map(({ token }) => token)).size).toBe(20)
    expect(Buffer.from(made[0]!.token.slice(4), 'base64url')).toHaveLength(32)
  })

  it('stand for their name and role, until they expire', async () => {
    const access = await open()
    const { token, token_id: id } = await access.tokens.create({ name: 'loader', role: 'operator', expires_in_days: 2 }, owner)
    expect(await access.identify(bearer(token), true)).toEqual({ kind: 'token', id, name: 'loader', role: 'operator' })
    expect((await access.tokens.list()).find((t) => t.token_id === id)).toMatchObject({ last_used_at: at, created_by: 'deployment' })
    at += 2 * 86_400_000
    await expect(access.identify(bearer(token), false)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED', message: 'the token has expired' })
  })

  it('ASVS 8.3.2: are refused at once when revoked, by every process', async () => {
    const [one, other] = [await open(), await open()]
    const { token, token_id: id } = await one.tokens.create({ name: 'gone', role: 'admin', expires_in_days: 2 }, owner)
    await other.verify(token)
    expect(await one.tokens.revoke(id)).toMatchObject({ revoked_at: at })
    await expect(other.verify(token)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED', message: 'the token has been revoked' })
    await expect(one.tokens.revoke('tok-000000000000')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('are told apart by their whole hash, not by the part that finds them', async () => {
    const { tokens } = await open()
    const { token, token_id: id } = await tokens.create({ name: 'a', role: 'admin', expires_in_days: 2 }, owner)
    const document = (await store.get<{ _key: string; sha256: string; version: number }>('api_tokens', id))!
    await store.writeBatch('api_tokens', [{ ...document, version: document.version + 1, sha256: `${document.sha256.slice(0, 12)}${'0'.repeat(52)}` }])
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED', message: 'the token is not known here' })
  })

  it('are not found by others that begin alike', async () => {
    const access = await open()
    const { token } = await access.tokens.create({ name: 'a', role: 'admin', expires_in_days: 2 }, owner)
    for (const wrong of [`${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`, tokenText(randomBytes(32)), `${token}x`, token.slice(4), 'stf_']) {
      await expect(access.verify(wrong)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
    }
  })
})

describe('who asks', () => {
  it('is the local operator where nobody signs in and only this machine reaches the port', async () => {
    const access = await open()
    expect(access.open).toBe(true)
    expect(await access.identify({ host: '127.0.0.1:8080' }, true)).toMatchObject({ kind: 'local', role: 'operator' })
    for (const host of ['localhost:8080', '[::1]:8080', 'localhost']) expect(await access.identify({ host }, false)).toMatchObject({ kind: 'local' })
  })

  it.each<[string, Record<string, string>, string]>([['on any other address', {}, '0.0.0.0'], ['with an issuer', { OIDC_ISSUER: issuer }, '127.0.0.1'], ["with the owner's token", { API_TOKEN_SHA256: 'a'.repeat(64) }, '127.0.0.1']])(
    'ASVS 8.2.1: needs a token %s', async (_when, env, host) => {
      const access = await open(env, { host })
      await expect(access.identify({ host: '127.0.0.1' }, false)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
    })

  it("is the owner by the token whose hash the deployment was given", async () => {
    const token = tokenText(randomBytes(32))
    const access = await open({ API_TOKEN_SHA256: sha256(token) }, { host: '0.0.0.0' })
    expect(await access.identify({ ...bearer(token), host: 'queue-manager:8080' }, true)).toEqual(owner)
  })

  it('is whoever signed in at the issuer', async () => {
    const played = await playIssuer(() => at)
    const access = await open({ OIDC_ISSUER: issuer }, { host: '0.0.0.0', fetch: played.fetch })
    expect(await access.identify(bearer(await played.token()), true)).toMatchObject({ kind: 'user', name: 'ada', role: 'operator' })
  })

  it('is nobody with a token that is wrong, also where none is needed', async () => {
    const access = await open()
    for (const authorization of [`Bearer ${tokenText(randomBytes(32))}`, 'Bearer x', 'Basic YTpi', 'Bearer', `bearer ${'x'.repeat(20_000)}`]) {
      await expect(access.identify({ host: 'localhost', authorization }, false)).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' })
    }
  })

  it.each([
    ['a name that merely resolves here', { host: 'evil.example:8080' }, false], ['a name that begins like ours', { host: '127.0.0.1.evil.example' }, false], ['no name', {}, false],
    ['a page of another site', { host: 'localhost', origin: 'https://evil.example' }, true], ['a page of another port', { host: 'localhost:8080', origin: 'http://localhost:3000' }, true],
    ['a page that hides where it is', { host: 'localhost', origin: 'null' }, true], ['a form of another site', { host: 'localhost', 'sec-fetch-site': 'cross-site' }, true],
    ['a page of another program', { host: 'localhost', 'sec-fetch-site': 'same-site' }, true],
  ])('ASVS 3.5.1: is not %s', async (_what, headers, changes) => {
    await expect((await open()).identify(headers, changes)).rejects.toMatchObject({ code: 'NOT_ALLOWED' })
  })

  it('is told that what follows from the host is no reason to read, too', async () => {
    const access = await open()
    expect(await access.identify({ host: 'localhost', origin: 'https://evil.example' }, false)).toMatchObject({ kind: 'local' })
    expect(await access.identify({ host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }, true)).toMatchObject({ kind: 'local' })
  })
})

describe('the token in the data folder', () => {
  it('ASVS 13.3.1: may be read by its owner only, and may do everything', async () => {
    const dataDir = join(directory, 'data')
    const token = await ensureLocalToken(dataDir, randomBytes)
    expect((await stat(localTokenFile(dataDir))).mode & 0o777).toBe(0o600)
    expect((await readFile(localTokenFile(dataDir), 'utf8')).trim()).toBe(token)
    await chmod(localTokenFile(dataDir), 0o644)
    expect(await ensureLocalToken(dataDir, randomBytes)).toBe(token)
    expect((await stat(localTokenFile(dataDir))).mode & 0o777).toBe(0o600)
    expect(await (await open({}, { dataDir })).identify(bearer(token), true)).toMatchObject({ kind: 'local', role: 'admin' })
  })

  it('is one, however many start at once', async () => {
    const dataDir = join(directory, 'together')
    expect(new Set(await Promise.all(Array.from({ length: 8 }, () => ensureLocalToken(dataDir, randomBytes)))).size).toBe(1)
  })
})

import { createHmac, createPublicKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SessionAnswer } from '@streamforge/contracts'
import { freePort, keycloakAvailable, keycloakVersion, startKeycloak, type KeycloakServer } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'
import { cookieJar, logInAtKeycloak, realmWithPeople, type CookieJar } from './keycloak-fixture.ts'
import { openTestSignIn } from './sign-in-fixture.ts'

const available = await keycloakAvailable()
const secret = randomBytes(24).toString('hex')
const password = randomBytes(16).toString('hex')
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

describe.skipIf(!available.ok)(`sign-in at a real Keycloak ${keycloakVersion}${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let keycloak: KeycloakServer
  let dashboard: DashboardScenario
  let issuer: string
  let signIn: Awaited<ReturnType<typeof openTestSignIn>>
  /** Milliseconds by which the dashboard's clock is ahead. */
  let ahead = 0
  const passed: string[] = []
  const manager = createServer((request, response) => {
    passed.push(request.headers.authorization ?? '')
    response.setHeader('content-type', 'application/json').end('{}')
  })
  beforeAll(async () => {
    manager.listen(0, '127.0.0.1')
    await once(manager, 'listening')
    const port = await freePort('127.0.0.1')
    issuer = `http://127.0.0.1:${port}/realms/streamforge`
    const env = { OIDC_ISSUER: issuer }
    const parts = { env, now: () => Date.now() + ahead, siteUrl: () => dashboard.url }
    dashboard = await openDashboard({ managerUrl: `http://127.0.0.1:${(manager.address() as AddressInfo).port}`, signIn: parts })
    signIn = await openTestSignIn({ store: dashboard.store, dataDir: dashboard.directory, ...parts })
    keycloak = await startKeycloak({ port, realms: [await realmWithPeople({ siteUrl: dashboard.url, password, secret })] })
  }, 660_000)
  afterAll(async () => {
    await keycloak?.stop()
    await dashboard?.close()
    manager.close()
  })

  /** From the dashboard to Keycloak; resolves with where Keycloak sends the browser back to. */
  async function comeBack(jar: CookieJar, username: string, to = '/topics'): Promise<string> {
    const start = await jar.visit(`${dashboard.url}/sign-in?to=${encodeURIComponent(to)}`)
    const page = start.headers.get('location')!
    expect(Object.fromEntries(new URL(page).searchParams)).toMatchObject({ response_type: 'code', code_challenge_method: 'S256', client_id: 'streamforge-dashboard', redirect_uri: `${dashboard.url}/sign-in/callback` })
    return logInAtKeycloak(jar, page, username, password)
  }
  const session = async (jar: CookieJar) => SessionAnswer.parse(await (await jar.visit(`${dashboard.url}/api/session`)).json())
  async function askForToken(form: Record<string, string>, realm = issuer): Promise<{ status: number; token: string }> {
    const response = await fetch(`${realm}/protocol/openid-connect/token`, { method: 'POST', body: new URLSearchParams(form) })
    return { status: response.status, token: (await response.json() as { access_token: string }).access_token }
  }
  const programToken = async (client: string) => (await askForToken({ grant_type: 'client_credentials', client_id: client, client_secret: secret })).token
  const asBearer = (token: string) => fetch(`${dashboard.url}/api/topics`, { headers: { authorization: `Bearer ${token}` } }).then((r) => r.status)

  it('lets a person in by authorization code with PKCE, as who they are, and passes them on as that', async () => {
    const jar = cookieJar()
    const back = await jar.visit(await comeBack(jar, 'ada'))
    expect([back.status, back.headers.get('location')]).toEqual([302, '/topics'])
    expect(await session(jar)).toMatchObject({ caller: { kind: 'user', name: 'ada', role: 'operator' }, signed_in: true, ways: ['issuer', 'token'] })
    expect((await jar.visit(`${dashboard.url}/api/topics`)).status).toBe(200)
    await jar.visit(`${dashboard.url}/api/workflows`)
    const token = passed.at(-1)!.slice('Bearer '.length)
    expect(claimsOf(token)).toMatchObject({ iss: issuer, aud: 'streamforge', preferred_username: 'ada' })
    expect(JSON.stringify(await dashboard.store.find('sessions'))).not.toContain(token)
    expect((await signIn.audit.page({ limit: 5 })).entries).toContainEqual(expect.objectContaining({ action: 'GET /sign-in/callback', outcome: 'done', caller: expect.objectContaining({ name: 'ada' }) }))
  })

  it('renews what is about to end, without the person', async () => {
    const jar = cookieJar()
    await jar.visit(await comeBack(jar, 'ada'))
    await jar.visit(`${dashboard.url}/api/workflows`)
    ahead = 280_000
    await Promise.all([1, 2, 3].map(() => jar.visit(`${dashboard.url}/api/workflows`)))
    ahead = 0
    const [first, ...renewed] = passed.slice(-4)
    expect(new Set(renewed).size).toBe(1)
    expect(renewed[0]).not.toBe(first)
    expect((await session(jar)).caller).toMatchObject({ name: 'ada' })
  })

  it('ASVS 7.4.1: lets nobody in any more after signing out, and ends the session at the issuer', async () => {
    const jar = cookieJar()
    await jar.visit(await comeBack(jar, 'ada'))
    const kept = cookieJar()
    for (const [name, value] of jar.of(dashboard.url)) kept.of(dashboard.url).set(name, value)
    const out = await (await jar.visit(`${dashboard.url}/api/session`, { method: 'DELETE' })).json() as { end_session_url: string }
    expect(out.end_session_url).toContain(`${issuer}/protocol/openid-connect/logout?`)
    expect((await session(kept)).caller).toBeNull()
    await jar.visit(out.end_session_url)
    // Keycloak asks for the password again: its own session has ended, too.
    const page = (await jar.visit(`${dashboard.url}/sign-in`)).headers.get('location')!
    expect(await (await jar.visit(page)).text()).toContain('name="password"')
  })

  it('ASVS 10.2.1: takes nothing back from a browser that has not begun, nor with a changed state, nor twice', async () => {
    const victim = cookieJar()
    const attacker = cookieJar()
    const attackers = await comeBack(attacker, 'ada')
    expect((await victim.visit(attackers)).headers.get('location')).toBe('/?problem=NOT_AUTHENTICATED')
    const changed = new URL(await comeBack(victim, 'ada'))
    changed.searchParams.set('state', 'another')
    expect((await victim.visit(changed.href)).headers.get('location')).toBe('/?problem=NOT_AUTHENTICATED')
    expect((await session(victim)).caller).toBeNull()
    expect((await attacker.visit(attackers)).headers.get('location')).toBe('/topics')
    expect((await attacker.visit(attackers)).headers.get('location')).toBe('/?problem=NOT_AUTHENTICATED')
  })

  it('ASVS 10.1.2: takes no code that was made for another sign-in', async () => {
    const [one, other] = [cookieJar(), cookieJar()]
    const ones = new URL(await comeBack(one, 'ada'))
    const others = new URL(await comeBack(other, 'ada'))
    others.searchParams.set('code', ones.searchParams.get('code')!)
    expect((await other.visit(others.href)).headers.get('location')).toBe('/?problem=NOT_AUTHENTICATED')
    expect((await session(other)).caller).toBeNull()
  })

  it('ASVS 8.2.1: lets nobody in who has none of our roles', async () => {
    const jar = cookieJar()
    expect((await jar.visit(await comeBack(jar, 'eve'))).headers.get('location')).toBe('/?problem=NOT_ALLOWED')
    expect((await session(jar)).caller).toBeNull()
  })

  it('ASVS 3.7.2: sends nobody to another site after signing in', async () => {
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example', 'topics']) {
      expect((await cookieJar().visit(`${dashboard.url}/sign-in?to=${encodeURIComponent(to)}`)).status, to).toBe(400)
    }
  })

  it('ASVS 9.2.1, 9.2.3: takes tokens of programs, for us, within their time', async () => {
    const token = await programToken('program')
    expect(await signIn.access.verify(token)).toMatchObject({ kind: 'user', name: 'service-account-program', role: 'admin' })
    expect(await asBearer(token)).toBe(200)
    expect(await asBearer(await programToken('elsewhere'))).toBe(401)
    ahead = 331_000
    expect(await asBearer(token)).toBe(401)
    ahead = 0
  })

  it('ASVS 9.1.2: takes no token that is not signed, or signed with the public key as if it were a secret', async () => {
    const token = await programToken('program')
    const [head, body, signature] = token.split('.') as [string, string, string]
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string }
    expect(await asBearer(`${part({ alg: 'none', typ: 'JWT' })}.${body}.`)).toBe(401)
    const { keys } = await (await fetch(`${issuer}/protocol/openid-connect/certs`)).json() as { keys: { kid: string }[] }
    const pem = createPublicKey({ key: keys.find((key) => key.kid === kid) as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' })
    const unsigned = `${part({ alg: 'HS256', typ: 'JWT', kid })}.${body}`
    expect(await asBearer(`${unsigned}.${createHmac('sha256', pem).update(unsigned).digest('base64url')}`)).toBe(401)
    expect(await asBearer(`${head}.${part({ ...claimsOf(token), roles: ['admin'], sub: 'x' })}.${signature}`)).toBe(401)
  })

  it('ASVS 9.2.2: takes no ID token for an access token', async () => {
    const jar = cookieJar()
    await jar.visit(await comeBack(jar, 'ada'))
    const content = await signIn.sessions.peek(jar.of(dashboard.url).get('streamforge_session')!)
    expect(content).toMatchObject({ kind: 'issuer', id_token: expect.any(String), refresh_token: expect.any(String) })
    if (content?.kind !== 'issuer') return
    for (const token of [content.id_token!, content.refresh_token!]) expect(await asBearer(token)).toBe(401)
  })

  // One Keycloak for them and for what tools/servers promises of it: it takes a minute to start.
  it('gives tokens of the realm that ships, with issuer, audience and roles', async () => {
    const claims = claimsOf(await programToken('operating'))
    expect(claims).toMatchObject({
      iss: issuer, aud: 'streamforge', azp: 'operating', sub: expect.any(String), preferred_username: 'service-account-operating', roles: expect.arrayContaining(['operator', 'viewer']),
    })
    expect(claims['roles']).not.toContain('admin')
    expect(keycloak.issuer('streamforge')).toBe(issuer)
  })

  it('gives none for a wrong secret, nor for a password alone at the clients that ship', async () => {
    expect((await askForToken({ grant_type: 'client_credentials', client_id: 'program', client_secret: 'wrong' })).status).toBe(401)
    expect((await askForToken({ grant_type: 'password', client_id: 'streamforge-dashboard', username: 'ada', password })).status).toBe(400)
  })

  it('lets its administrator in', async () => {
    expect((await askForToken({ grant_type: 'password', client_id: 'admin-cli', username: 'admin', password: keycloak.adminPassword }, keycloak.issuer('master'))).status).toBe(200)
  })
})

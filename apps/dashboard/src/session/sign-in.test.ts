import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256, tokenText } from '@streamforge/access'
import { roles, SessionAnswer, type Role } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'
import { cookieValue, setCookie } from './cookies.ts'
import { openTestSignIn } from './sign-in-fixture.ts'

const ownersToken = tokenText(randomBytes(32))
const env = { API_TOKEN_SHA256: sha256(ownersToken), SESSION_IDLE_MINUTES: '30', SESSION_HOURS: '10' }
const minute = 60_000
let at = Date.UTC(2026, 0, 5)
let dashboard: DashboardScenario
const tokens = {} as Record<Role, { token: string; token_id: string }>
/** What queue-manager would have been asked, and as whom. */
const passed: { url: string | undefined; authorization: string | undefined }[] = []
const manager = createHttpServer((request, response) => {
  passed.push({ url: request.url, authorization: request.headers.authorization })
  response.setHeader('content-type', 'application/json').end('{}')
})
let signIn: Awaited<ReturnType<typeof openTestSignIn>>
beforeAll(async () => {
  manager.listen(0, '127.0.0.1')
  await once(manager, 'listening')
  dashboard = await openDashboard({ managerUrl: `http://127.0.0.1:${(manager.address() as AddressInfo).port}`, standingMs: 50, signIn: { env, host: '0.0.0.0', now: () => at } })
  signIn = await openTestSignIn({ store: dashboard.store, dataDir: dashboard.directory, env, host: '0.0.0.0', now: () => at })
  for (const role of roles) tokens[role] = await signIn.access.tokens.create({ name: role, role, expires_in_days: 300 }, { kind: 'deployment', id: 'deployment', name: 'deployment', role: 'admin' })
})
afterAll(async () => {
  await dashboard.close()
  manager.close()
})

const ask = (method: string, path: string, { body, ...headers }: Record<string, string | undefined> & { body?: string } = {}) => fetch(dashboard.url + path, {
  method, redirect: 'manual', headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers as Record<string, string> }, ...(body !== undefined && { body }),
})
/** Signs in as a browser would; resolves with its cookie. */
async function enter(token: string, cookie?: string) {
  const response = await ask('POST', '/api/session', { body: JSON.stringify({ token }), ...(cookie !== undefined && { cookie }) })
  return { status: response.status, setCookie: response.headers.get('set-cookie') ?? '', cookie: (response.headers.get('set-cookie') ?? '').split(';', 1)[0]! }
}
const session = async (cookie?: string) => SessionAnswer.parse(await (await ask('GET', '/api/session', cookie === undefined ? {} : { cookie })).json())
const openLive = (headers: Record<string, string>) => {
  const socket = new WebSocket(`${dashboard.url.replace('http', 'ws')}/live`, { headers })
  return new Promise<{ socket?: WebSocket; refused?: string }>((resolve) => {
    socket.once('open', () => resolve({ socket }))
    socket.once('error', (error) => resolve({ refused: error.message }))
  })
}

describe('who has not signed in', () => {
  it('ASVS 8.2.1: sees the page that asks them to, and no data', async () => {
    for (const path of ['/', '/workflows', '/market/binance/BTCUSDT/5m']) expect((await ask('GET', path)).status, path).toBe(200)
    for (const path of ['/api/instruments', '/api/topics', '/api/workflows', '/api/settings/watchlist', '/api/dead-letters', '/api/candles?symbol=BTCUSDT&interval=5m']) {
      const response = await ask('GET', path)
      expect([response.status, (await response.json() as { code: string }).code], path).toEqual([401, 'NOT_AUTHENTICATED'])
    }
    expect(await session()).toEqual({ caller: null, signed_in: false, ways: ['token'] })
  })

  it('ASVS 4.4.3: hears nothing live', async () => expect((await openLive({})).refused).toContain('401'))

  it.each(['', 'stf_', tokenText(randomBytes(32)), 'eyJhbGciOiJub25lIn0.e30.'])('does not get in with %j', async (token) => {
    const { status, setCookie: given } = await enter(token)
    expect([status >= 400, given]).toEqual([true, ''])
  })
})

describe('a session', () => {
  it('ASVS 3.3.1, 3.3.2, 3.3.4: is kept in a cookie of this site alone, out of reach of scripts', async () => {
    const { setCookie: given } = await enter(tokens.viewer.token)
    expect(given).toMatch(/^streamforge_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=36000$/)
    const { cookies, secure } = await openTestSignIn({ store: dashboard.store, dataDir: dashboard.directory, env: { ...env, DASHBOARD_URL: 'https://streamforge.example/' } })
    expect(setCookie(cookies.session, 'x', { secure, maxAge: 1 })).toBe('__Host-streamforge_session=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=1; Secure')
  })

  it('says who looks on, and what they may do', async () => {
    const { cookie } = await enter(tokens.operator.token)
    expect(await session(cookie)).toMatchObject({ caller: { kind: 'token', name: 'operator', role: 'operator' }, signed_in: true, ways: ['token'] })
  })

  it('ASVS 7.2.4: is a new one at every sign-in, and the one before has ended', async () => {
    const first = await enter(tokens.viewer.token)
    const second = await enter(tokens.viewer.token, first.cookie)
    expect(second.cookie).not.toBe(first.cookie)
    expect((await session(first.cookie)).caller).toBeNull()
    expect((await session(second.cookie)).caller).toMatchObject({ name: 'viewer' })
    // One that the browser was made to bring along is not taken over.
    const planted = `streamforge_session=${'A'.repeat(43)}`
    expect((await enter(tokens.viewer.token, planted)).cookie).not.toBe(planted)
    expect((await session(planted)).caller).toBeNull()
  })

  it('ASVS 7.4.1: is of no use after signing out', async () => {
    const { cookie } = await enter(tokens.viewer.token)
    const out = await ask('DELETE', '/api/session', { cookie })
    expect([out.status, await out.json(), out.headers.get('set-cookie')]).toEqual([200, { end_session_url: null }, expect.stringContaining('Max-Age=0')])
    expect((await ask('GET', '/api/topics', { cookie })).status).toBe(401)
  })

  it('ASVS 7.4.1: hears nothing live any more after signing out', async () => {
    const { cookie } = await enter(tokens.viewer.token)
    const { socket } = await openLive({ cookie })
    const closed = once(socket!, 'close') as Promise<[number]>
    await ask('DELETE', '/api/session', { cookie })
    expect((await closed)[0]).toBe(1008)
  })

  it('ASVS 7.3.1: ends when it is not used', async () => {
    const { cookie } = await enter(tokens.viewer.token)
    at += 29 * minute
    expect((await ask('GET', '/api/topics', { cookie })).status).toBe(200)
    at += 29 * minute
    expect((await ask('GET', '/api/topics', { cookie })).status).toBe(200)
    at += 30 * minute
    expect((await ask('GET', '/api/topics', { cookie })).status).toBe(401)
  })

  it('ASVS 7.3.2: ends after a while, however much it is used', async () => {
    const { cookie } = await enter(tokens.viewer.token)
    let status = 200
    let minutes = 0
    for (; status === 200 && minutes < 1_000; minutes += 20) {
      at += 20 * minute
      status = (await ask('GET', '/api/topics', { cookie })).status
    }
    expect([status, minutes]).toEqual([401, 600])
  })

  it('ASVS 7.2.3: cannot be had from the store, nor the token that it stands on', async () => {
    const { cookie } = await enter(tokens.viewer.token)
    const stored = JSON.stringify(await dashboard.store.find('sessions'))
    expect(stored).not.toContain(cookie.split('=')[1])
    expect(stored).not.toContain(tokens.viewer.token)
    for (const secret of await dashboard.store.find('sessions')) expect((await session(`streamforge_session=${secret._key}`)).caller).toBeNull()
  })

  it('ASVS 7.4.2: ends when the token that it stands on is revoked', async () => {
    const { token, token_id: id } = await signIn.access.tokens.create({ name: 'short', role: 'viewer', expires_in_days: 300 }, { kind: 'deployment', id: 'deployment', name: 'deployment', role: 'admin' })
    const { cookie } = await enter(token)
    const { socket } = await openLive({ cookie })
    const closed = once(socket!, 'close') as Promise<[number]>
    await signIn.access.tokens.revoke(id)
    expect((await ask('GET', '/api/topics', { cookie })).status).toBe(401)
    expect((await closed)[0]).toBe(1008)
  })
})

describe('who has signed in', () => {
  it('ASVS 8.3.1: may do what their role says', async () => {
    const redrive = (cookie: string) => ask('POST', '/api/dead-letters/redrive', { cookie, body: '{"letters":[]}' })
    expect((await redrive((await enter(tokens.viewer.token)).cookie)).status).toBe(403)
    expect((await redrive((await enter(tokens.operator.token)).cookie)).status).toBe(422)
  })

  it('ASVS 8.2.2: keeps and sees their own settings only', async () => {
    const [one, other] = [(await enter(tokens.viewer.token)).cookie, (await enter(tokens.admin.token)).cookie]
    const path = '/api/settings/watchlist/mine'
    expect((await ask('PUT', path, { cookie: one, body: JSON.stringify({ version: 0, value: { instruments: [] } }) })).status).toBe(200)
    expect((await ask('GET', path, { cookie: one })).status).toBe(200)
    expect((await ask('GET', path, { cookie: other })).status).toBe(404)
    expect(await (await ask('DELETE', `${path}?version=1`, { cookie: other })).json()).toEqual({ deleted: false })
  })

  it('ASVS 8.3.3: is who asks queue-manager, not the dashboard', async () => {
    passed.length = 0
    await ask('GET', '/api/workflows', { cookie: (await enter(tokens.viewer.token)).cookie })
    await ask('GET', '/api/workflows', { authorization: `Bearer ${tokens.admin.token}` })
    expect(passed).toEqual([{ url: '/workflows', authorization: `Bearer ${tokens.viewer.token}` }, { url: '/workflows', authorization: `Bearer ${tokens.admin.token}` }])
    await ask('POST', '/api/workflows/wf-a1b2c3/stop', { cookie: (await enter(tokens.viewer.token)).cookie })
    expect(passed).toHaveLength(2)
  })

  it('ASVS 3.5.1: is not taken for a page of another site that uses their cookie', async () => {
    const { cookie } = await enter(tokens.admin.token)
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }]) {
      expect((await ask('POST', '/api/dead-letters/redrive', { cookie, body: '{"letters":[]}', ...headers })).status).toBe(403)
      expect((await ask('DELETE', '/api/session', { cookie, ...headers })).status).toBe(403)
    }
    expect((await session(cookie)).caller).not.toBeNull()
  })

  it('ASVS 4.4.2: is not taken for a page of another site that opens a WebSocket with their cookie', async () => {
    const { cookie } = await enter(tokens.admin.token)
    expect((await openLive({ cookie, origin: 'https://evil.example' })).refused).toContain('403')
    const { socket } = await openLive({ cookie, origin: dashboard.url })
    socket!.close()
  })

  it('ASVS 16.3.1, 16.3.2: leaves who, what and when in the audit log', async () => {
    const entries = async () => (await signIn.audit.page({ limit: 3 })).entries
    const { cookie } = await enter(tokens.viewer.token)
    at += 1
    await ask('POST', '/api/workflows/wf-a1b2c3/stop', { cookie })
    at += 1
    await enter(tokenText(randomBytes(32)))
    const [failed, refused, entered] = await entries()
    expect(entered).toMatchObject({ service: 'dashboard', action: 'POST /api/session', outcome: 'done', caller: { name: 'viewer' } })
    expect(refused).toMatchObject({ action: 'POST /api/workflows/:id/stop', target: '/api/workflows/wf-a1b2c3/stop', outcome: 'refused', status: 403, caller: { name: 'viewer' } })
    expect(failed).toMatchObject({ action: 'POST /api/session', outcome: 'refused', status: 401, caller: null })
    expect(JSON.stringify(await entries())).not.toContain(tokens.viewer.token)
  })
})

describe('a cookie', () => {
  it('that was sent twice is nobody\'s', () => {
    expect(cookieValue('a=1; streamforge_session=x; b=2', 'streamforge_session')).toBe('x')
    expect(cookieValue('streamforge_session=x; streamforge_session=y', 'streamforge_session')).toBeUndefined()
    expect(cookieValue('xstreamforge_session=x', 'streamforge_session')).toBeUndefined()
    expect(cookieValue(undefined, 'a')).toBeUndefined()
  })
})

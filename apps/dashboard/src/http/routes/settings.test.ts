import { Setting, SettingList } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../../dashboard-scenario.ts'

const majors = { instruments: [{ venue: 'binance', symbol: 'BTCUSDT' }, { venue: 'binance', symbol: 'ETHUSDT' }] }

describe('settings', () => {
  let dashboard: DashboardScenario
  beforeAll(async () => { dashboard = await openDashboard() })
  afterAll(() => dashboard.close())

  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${dashboard.url}/api/settings/${path}`, {
      method, headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return [response.status, await response.json() as unknown] as const
  }
  const list = async (kind: string) => SettingList.parse(await dashboard.get(`/api/settings/${kind}`)).settings

  it('are none at first', async () => {
    expect(await list('watchlist')).toEqual([])
    expect(await send('GET', 'watchlist/majors')).toMatchObject([404, { code: 'NOT_FOUND' }])
  })

  it('are kept, changed by their version, and deleted', async () => {
    const [status, kept] = await send('PUT', 'watchlist/majors', { version: 0, value: majors })
    expect(status).toBe(200)
    expect(Setting.parse(kept)).toMatchObject({ kind: 'watchlist', name: 'majors', version: 1, value: majors })
    expect(await send('GET', 'watchlist/majors')).toEqual([200, kept])
    expect(await send('PUT', 'watchlist/majors', { version: 0, value: majors })).toMatchObject([409, { code: 'CONFLICT' }])
    expect(await send('PUT', 'watchlist/majors', { version: 1, value: { instruments: [] } })).toMatchObject([200, { version: 2 }])
    expect(await send('DELETE', 'watchlist/majors?version=1')).toMatchObject([409, { code: 'CONFLICT' }])
    expect(await send('DELETE', 'watchlist/majors?version=2')).toEqual([200, { deleted: true }])
    expect(await send('DELETE', 'watchlist/majors?version=2')).toEqual([200, { deleted: false }])
  })

  it('have names for people', async () => {
    const name = 'Größte & liebste 日本 🚀 50%/day'
    expect(await send('PUT', `watchlist/${encodeURIComponent(name)}`, { version: 0, value: majors })).toMatchObject([200, { name }])
    expect(await list('watchlist')).toMatchObject([{ name }])
    expect(await send('DELETE', `watchlist/${encodeURIComponent(name)}?version=1`)).toEqual([200, { deleted: true }])
    for (const bad of ['%00', '%0a', '%20x', 'x'.repeat(81)]) expect(await send('PUT', `watchlist/${bad}`, { version: 0, value: majors })).toMatchObject([400, { code: 'BAD_REQUEST' }])
  })

  it('fill in what a request for a workflow leaves open', async () => {
    const value = { symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2024-08-01:2024-08-02' }
    expect(await send('PUT', 'workflow_request/daily', { version: 0, value })).toMatchObject([200, { value: { ...value, venue: 'binance', options: { source: 'auto' } } }])
  })

  it.each<[string, unknown]>([
    ['watchlist', { instruments: ['BTCUSDT'] }], ['watchlist', { instruments: [], secret: 1 }], ['watchlist', null], ['workflow_request', { symbols: [] }],
    ['chart_layout', { panels: ['window'] }], ['alert_target', { channel: 'pigeon', address: 'x', least_severity: 'warning' }],
  ])('of the kind %s are refused when they are %j', async (kind, value) =>
    expect(await send('PUT', `${kind}/bad`, { version: 0, value })).toMatchObject([422, { code: 'INVALID_FIELD' }]))

  it('are of known kinds, and say their version', async () => {
    expect(await send('GET', 'password')).toMatchObject([400, { code: 'BAD_REQUEST' }])
    expect(await send('PUT', 'watchlist/x', { value: majors })).toMatchObject([422, { code: 'INVALID_FIELD' }])
    expect(await send('DELETE', 'watchlist/x')).toMatchObject([400, { code: 'BAD_REQUEST' }])
  })

  it('are not changed by pages of other sites', async () => {
    const other = { origin: 'https://elsewhere.example' }
    expect(await send('PUT', 'watchlist/theirs', { version: 0, value: majors }, other)).toMatchObject([403, { code: 'NOT_ALLOWED' }])
    expect(await send('DELETE', 'watchlist/theirs?version=1', undefined, other)).toMatchObject([403, { code: 'NOT_ALLOWED' }])
    expect(await list('watchlist')).toEqual([])
  })

  it('that no longer have the form of their kind do not hide the others', async () => {
    await dashboard.settings.put('local', { kind: 'chart_layout', name: 'old', value: { panels: 'all' } }, 0)
    await dashboard.settings.put('local', { kind: 'chart_layout', name: 'new', value: { panels: ['book'] } }, 0)
    await dashboard.settings.put('somebody', { kind: 'chart_layout', name: 'theirs', value: { panels: [] } }, 0)
    expect((await list('chart_layout')).map(({ name }) => name)).toEqual(['new'])
  })
})

import { AlertsAnswer, SilenceRequest } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { durations } from '../../../web/src/pages/alerts/alerts-view.ts'
import { hearSilences, storeAlerts, type SilenceHearer } from '../../alerts-scenario.ts'
import { openDashboard, type DashboardScenario } from '../../dashboard-scenario.ts'

describe('alerts', () => {
  let dashboard: DashboardScenario
  let alerter: SilenceHearer | undefined
  beforeAll(async () => { dashboard = await openDashboard() })
  afterAll(async () => {
    await alerter?.close()
    await dashboard.close()
  })
  const read = async () => AlertsAnswer.parse(await dashboard.get('/api/alerts'))
  const ask = async (method: 'POST' | 'DELETE', path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${dashboard.url}/api/alerts/silences${path}`, { method, headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) })
    return [response.status, await response.json() as { id: string }] as const
  }
  const hour = { labels: {}, minutes: 60, comment: 'maintenance' }

  it('are none, and silences are heard by nobody, before the alerter has run', async () => {
    const { kinds, ...rest } = await read()
    expect(rest).toEqual({ firing: [], ended: [], silences: [] })
    expect(kinds).toContainEqual({ id: 'no_data', title: 'No data' })
    expect(await ask('POST', '', hour)).toMatchObject([503, { code: 'UNAVAILABLE' }])
  })

  it('are told newest first, those that are over by themselves', async () => {
    await storeAlerts(dashboard.store, Date.now())
    const { firing, ended } = await read()
    expect(firing.map(({ alert, status, silenced_by }) => [alert, status, silenced_by.length])).toEqual([['volume_spike', 'firing', 0], ['worker_failing', 'firing', 0], ['no_data', 'firing', 0]])
    expect(ended.map(({ alert }) => alert)).toEqual(['dead_letters', 'no_data'])
  })

  it('are silenced by what they have in common, and heard again when the silence is lifted', async () => {
    alerter = await hearSilences(dashboard.bus, dashboard.store, Date.now)
    const before = Date.now()
    const [status, { id }] = await ask('POST', '', { ...hour, labels: { venue: 'binance' } })
    expect(status).toBe(202)
    await expect.poll(async () => (await read()).silences.map((silence) => silence.id), { interval: 20 }).toEqual([id])
    const { firing, ended, silences: [silence] } = await read()
    expect(firing.map(({ silenced_by }) => silenced_by)).toEqual([[id], [], [id]])
    expect(ended.flatMap(({ silenced_by }) => silenced_by)).toEqual([])
    expect(silence!.to - silence!.from).toBe(3_600_000)
    expect(silence!.from).toBeGreaterThanOrEqual(before)
    expect(silence!.author).not.toBe('')
    expect(await ask('DELETE', `/${id}`)).toMatchObject([202, { id }])
    await expect.poll(async () => (await read()).silences, { interval: 20 }).toEqual([])
    expect(alerter.heard.map(({ command }) => command)).toEqual(['silence', 'unsilence'])
  })

  it.each([[{ ...hour, comment: '' }], [{ ...hour, minutes: 0 }], [{ ...hour, minutes: 43_201 }], [{ ...hour, labels: { Venue: 'binance' } }], [{ ...hour, author: 'somebody else' }]])(
    'are not silenced by %j', async (body) => expect(await ask('POST', '', body)).toMatchObject([422, { code: 'INVALID_FIELD' }]))

  it('may be silenced for as long as the page offers', () => {
    for (const [minutes] of durations) expect(SilenceRequest.safeParse({ ...hour, minutes }).success, String(minutes)).toBe(true)
  })

  it('are not silenced by pages of other sites, nor by an id that is none', async () => {
    expect(await ask('POST', '', hour, { origin: 'https://elsewhere.example' })).toMatchObject([403, { code: 'NOT_ALLOWED' }])
    expect(await ask('DELETE', '/a%20b')).toMatchObject([400, { code: 'BAD_REQUEST' }])
  })
})

import { publishMessages } from '@streamforge/bus'
import { AlertNotice, catalog, StoredAlert, type Silence } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openScenario, type AlerterScenario } from './alerter-fixture.ts'
import { startReceiver, type FakeReceiver } from './receivers-fixture.ts'

const series = { venue: 'binance', symbol: 'BTCUSDT', series: 'ws_trades' }
const silenceOf = 'streamforge_series_silence_intervals'
let hook: FakeReceiver
let scenario: AlerterScenario

beforeEach(async () => {
  hook = await startReceiver()
  scenario = await openScenario({ ALERT_WEBHOOK_URL: hook.url })
})
afterEach(async () => {
  await scenario.close()
  await hook.close()
})
const notices = () => hook.requests.map(({ body }) => AlertNotice.parse(body))
const stored = async () => (await scenario.store.find('alerts')).map((found) => StoredAlert.parse(found))

describe('an alert', () => {
  it('is stored, published and told when it begins, and again when it ends', async () => {
    scenario.set(silenceOf, series, 4)
    await scenario.pass(30_000)
    expect(notices()).toEqual([])
    scenario.set(silenceOf, series, 5)
    await scenario.pass(2_000)
    expect(notices()).toMatchObject([{ id: 'no_data-1', status: 'firing', severity: 'critical', firing: [{ labels: series, value: 5 }] }])
    expect(await stored()).toMatchObject([{ status: 'firing', published: 'firing' }])
    scenario.set(silenceOf, series, 12)
    await scenario.pass(5_000)
    scenario.set(silenceOf, series, 0)
    await scenario.pass(2_000)
    expect(notices().slice(1)).toMatchObject([{ id: 'no_data-2', status: 'resolved', resolved: [{ value: 12, labels: series }] }])
    expect(await stored()).toMatchObject([{ status: 'resolved', published: 'resolved', value: 12, ends_at: scenario.clock.now - 1_000 }])
    expect((await scenario.events()).map(({ status, key }) => [status, key])).toEqual([['firing', (await stored())[0]!._key], ['resolved', (await stored())[0]!._key]])
  })

  it('that is only for information is stored and published, and nobody is told', async () => {
    scenario.set('streamforge_volume_spike_deviations', series, 100)
    await scenario.pass(3_000)
    expect((await scenario.events()).map(({ alert }) => alert)).toEqual(['volume_spike'])
    expect(notices()).toEqual([])
  })

  it('shows its readings and itself as metrics', async () => {
    scenario.set('streamforge_series_missing_records', series, 7)
    await scenario.pass(1_000)
    const text = await scenario.registry.metrics()
    expect(text).toContain('streamforge_series_missing_records{venue="binance",symbol="BTCUSDT",series="ws_trades"} 7')
    expect(text).toContain('streamforge_alerts_active{alert="gap",severity="warning"} 1')
  })
})

describe('a restart', () => {
  it('tells nothing twice and forgets nothing', async () => {
    scenario.set('streamforge_series_missing_records', series, 7)
    await scenario.pass(2_000)
    expect(notices()).toHaveLength(1)
    // What is measured takes a while to come back: that is no recovery.
    scenario.set('streamforge_series_missing_records', series, undefined)
    await scenario.restart()
    await scenario.pass(80_000)
    scenario.set('streamforge_series_missing_records', series, 7)
    await scenario.pass(20_000)
    expect(notices()).toHaveLength(1)
    expect(await scenario.events()).toHaveLength(1)
    await scenario.restart()
    scenario.set('streamforge_series_missing_records', series, 0)
    await scenario.pass(70_000)
    expect(notices().map(({ status }) => status)).toEqual(['firing', 'resolved'])
    await scenario.restart()
    await scenario.pass(3_000)
    expect([notices().length, (await scenario.events()).length]).toEqual([2, 2])
  })

  it('delivers what was not delivered yet, once', async () => {
    hook.answer = () => ({ status: 503 })
    scenario.set('streamforge_series_missing_records', series, 7)
    await scenario.pass(2_000)
    expect(hook.requests.length).toBeGreaterThan(0)
    await scenario.restart()
    hook.answer = () => ({ status: 200 })
    hook.requests.length = 0
    await scenario.pass(10_000)
    expect(notices().map(({ id }) => id)).toEqual(['gap-1'])
  })

  it('tells the topic what it could not be told before', async () => {
    scenario.set('streamforge_series_missing_records', series, 7)
    await scenario.bus.admin.deleteTopic('alerts')
    await scenario.alerter().evaluate().catch(() => undefined)
    await scenario.restart()
    await scenario.bus.admin.createTopic({ name: 'alerts', partitions: 1 })
    await scenario.pass(2_000)
    expect((await scenario.events()).map(({ status }) => status)).toEqual(['firing'])
  })
})

describe('a silence', () => {
  const silence = (more: Partial<Silence>): Silence => ({
    id: 'night', labels: { symbol: 'BTCUSDT' }, from: scenario.clock.now, to: scenario.clock.now + 60_000, comment: 'maintenance', author: 'a test', ...more,
  })
  const command = (message: Parameters<typeof publishMessages<(typeof catalog)['alert-control']['schema']>>[2][number]) =>
    publishMessages(scenario.bus, catalog['alert-control'], [message])
  const known = (count: number) => expect.poll(async () => scenario.store.count('alert_silences')).toBe(count)

  it('keeps what matches from people until it is over, also over a restart, and others not', async () => {
    await command({ command: 'silence', silence: silence({}), timestamp: scenario.clock.now / 1000 })
    await known(1)
    await scenario.restart()
    scenario.set('streamforge_series_missing_records', series, 7)
    scenario.set('streamforge_series_missing_records', { ...series, symbol: 'ETHUSDT' }, 7)
    await scenario.pass(30_000)
    expect(notices().flatMap(({ firing }) => firing.map(({ labels }) => labels.symbol))).toEqual(['ETHUSDT'])
    expect(await stored()).toHaveLength(2)
    await scenario.pass(40_000)
    expect(notices().flatMap(({ firing }) => firing.map(({ labels }) => labels.symbol))).toEqual(['ETHUSDT', 'BTCUSDT'])
  })

  it('can be lifted; and what ended meanwhile is never told', async () => {
    await command({ command: 'silence', silence: silence({ alert: 'gap', labels: {} }), timestamp: scenario.clock.now / 1000 })
    await known(1)
    scenario.set('streamforge_series_missing_records', series, 7)
    scenario.set('streamforge_series_missing_records', { ...series, symbol: 'ETHUSDT' }, 7)
    await scenario.pass(3_000)
    scenario.set('streamforge_series_missing_records', series, 0)
    await scenario.pass(65_000 - 10_000)
    expect(notices()).toEqual([])
    await command({ command: 'unsilence', id: 'night', timestamp: scenario.clock.now / 1000 })
    await known(0)
    await scenario.pass(2_000)
    expect(notices().flatMap(({ firing }) => firing.map(({ labels }) => labels.symbol))).toContain('ETHUSDT')
  })
})

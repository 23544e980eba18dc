import { BacktestList, BacktestReport, backtestsCollection } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../../dashboard-scenario.ts'
import { runId, storeBacktests } from '../../trading-scenario.ts'

describe('backtests', () => {
  let dashboard: DashboardScenario
  beforeAll(async () => { dashboard = await openDashboard() })
  afterAll(() => dashboard.close())
  const list = async (query = '') => BacktestList.parse(await dashboard.get(`/api/backtests${query}`)).backtests

  it('are none before one has been stored, and there as soon as it is', async () => {
    expect(await list()).toEqual([])
    await storeBacktests(dashboard.store, dashboard.objects)
    expect(await list()).toHaveLength(8)
    expect(await list('?symbol=ETHUSDT')).toHaveLength(4)
    expect((await list(`?run_id=${runId('a1b2c3')}&limit=1`)).map(({ symbol }) => symbol)).toEqual(['BTCUSDT'])
  })

  it('are read anew when another comes or one is replaced', async () => {
    const [newest] = await list('?symbol=BTCUSDT')
    const stored = (await dashboard.store.get(backtestsCollection, newest!._key))!
    await dashboard.store.writeBatch(backtestsCollection, [{ ...stored, created_at: newest!.created_at + 9_000, bars: 7 }])
    expect((await list('?symbol=BTCUSDT'))[0]).toMatchObject({ _key: newest!._key, bars: 7 })
  })

  it('have their series, trades and every bar as a file', async () => {
    const key = `${runId('a1b2c3')}_dqn`
    const report = BacktestReport.parse(await dashboard.get(`/api/backtests/${key}`))
    expect(report.series.portfolio).toHaveLength(900)
    expect(report.trades.length).toBeGreaterThan(4)
    const file = await fetch(`${dashboard.url}/api/backtests/${key}/csv`)
    expect([file.status, file.headers.get('content-type'), file.headers.get('content-disposition')]).toEqual([200, 'text/csv; charset=utf-8', `attachment; filename="${key}.csv"`])
    expect((await file.text()).split('\n')[0]).toBe('open_time,close,signal,portfolio_value')
  })

  it('say what is not there, be it the report or its file', async () => {
    expect(await dashboard.get('/api/backtests/none_dqn')).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    const key = `${runId('d4e5f6')}_rsi`
    await dashboard.objects.delete(`backtests/${key}.csv`)
    expect(await dashboard.get(`/api/backtests/${key}/csv`)).toMatchObject({ status: 404, code: 'OBJECT_NOT_FOUND' })
    expect(await dashboard.get('/api/backtests?limit=0')).toMatchObject({ status: 400 })
  })
})

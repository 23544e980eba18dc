import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { forecastKey, Lineage, type Forecast } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'
import { epoch, run, startPromoter, storeModelWorkflow } from '../model-scenario.ts'
import { webFolder } from '../web/web-folder.ts'
import { launchBrowser, watchErrors, whyNoBrowser } from './browser.ts'
import { look, sizes } from './look.ts'

const limit = 60_000

describe.skipIf(whyNoBrowser)(`models, forecasts and the asset graph in a browser${whyNoBrowser}`, () => {
  let directory: string
  let store: Store
  let promoter: Awaited<ReturnType<typeof startPromoter>>
  let dashboard: DashboardScenario
  let browser: Browser
  let page: Page
  let complaints: readonly string[]
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-model-pages-'))
    store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
    await storeModelWorkflow(store)
    promoter = await startPromoter(store)
    const web = webFolder()
    ;[dashboard, browser] = await Promise.all([openDashboard({ store, web, managerUrl: promoter.url }), launchBrowser()])
    await web
    page = await (await browser.newContext({ viewport: sizes.desktop, colorScheme: 'light' })).newPage()
    page.setDefaultTimeout(20_000)
    complaints = watchErrors(page)
  }, 2 * limit)
  afterAll(async () => {
    await browser?.close()
    promoter?.close()
    await dashboard?.close()
    await rm(directory, { recursive: true, force: true })
  }, limit)

  it('lists the versions of a model and rolls back to one, with a reason', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/models`)
    await page.getByRole('row', { name: /v2 ★ champion/ }).waitFor()
    await look(page, 'models')
    await page.getByRole('button', { name: 'Roll back to version 1 of gnn-5m' }).press('Enter')
    await page.getByLabel('Roll back to version 1: why?').fill('worse since Friday')
    await page.keyboard.press('Enter')
    await page.getByRole('row', { name: /v1 ★ champion/ }).waitFor()
    expect(promoter.asked).toEqual([{ version: 1, reason: 'worse since Friday' }])
    await page.getByRole('button', { name: 'Promote version 2 of gnn-5m' }).waitFor()
  })

  it('draws a learning curve as it grows, and scores beside baselines with their intervals', { timeout: limit }, async () => {
    await page.getByRole('link', { name: 'run-a1b2c3-3' }).click()
    await page.getByRole('img', { name: /Learning curve. Loss after epoch 6 of 20/ }).waitFor()
    await store.writeBatch('training_runs', [{ ...run(3, 'running', 6), epochs: [...run(3, 'running', 6).epochs, epoch(7)] }])
    await page.getByRole('img', { name: /Loss after epoch 7 of 20/ }).waitFor()
    await page.goto(`${dashboard.url}/models/run-a1b2c3-2`)
    await page.getByRole('row', { name: /Network .*best ?0.064 0.046 … 0.082/ }).waitFor()
    await page.getByRole('img', { name: /RankIC: Network 0.064, from 0.046 to 0.082; GRU without graph 0.041/ }).waitFor()
    await page.getByRole('button', { name: 'MSE' }).click()
    await page.getByRole('img', { name: /MSE: Network 1.27e-6/ }).waitFor()
    await look(page, 'run')
  })

  it('shows what was expected of a symbol, its interval, and what came', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/forecasts`)
    const chart = page.getByRole('img', { name: /Candles of AAVEUSDT, 5m, with 200 forecasts/ })
    await chart.locator('canvas').first().waitFor()
    await page.getByRole('row', { name: /gnn-5m v2 100 99/ }).waitFor()
    await page.getByRole('row', { name: /gnn-5m v1 100 100/ }).waitFor()
    await page.getByText('to come').waitFor()
    await look(page, 'forecasts')
    await page.getByLabel('Symbol and interval').selectOption('/forecasts/binance/ETHUSDT/5m')
    await page.getByRole('img', { name: /Candles of ETHUSDT/ }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/forecasts/binance/ETHUSDT/5m')
    const [newest] = await store.find('forecasts', { where: { _key: { gte: 'ETHUSDT_5m_forecast_', lt: 'ETHUSDT_5m_forecast_~' } }, sort: [{ field: '_key', direction: 'desc' }], limit: 1 })
    const lineage = page.getByRole('link', { name: /Where the forecast until .* comes from/ }).first()
    expect(await lineage.getAttribute('href')).toBe(`/forecasts/lineage/${forecastKey(newest as unknown as Forecast)}`)
    const open = (newest as unknown as { open_time: number }).open_time + 300_000
    await store.writeBatch('forecasts', [{ ...newest!, _key: `ETHUSDT_5m_forecast_${open}`, open_time: open, target_time: open + 600_000, value: 0.0042, low: 0.002, high: 0.006, known_time: open + 300_040 }])
    await page.getByRole('img', { name: /with 201 forecasts.*expects \+0.420 %/ }).waitFor()
  })

  it('shows the asset graph, window by window, by kind and weight, and an asset with its neighbours, by keyboard', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/graph`)
    await page.getByText('Window 4 of 4').waitFor()
    const network = page.getByRole('img', { name: /Network of 12 assets/ })
    await network.waitFor()
    const shown = async () => Number(/(\d+) relations shown/.exec((await network.getAttribute('aria-label'))!)![1])
    const all = await shown()
    expect(all).toBeGreaterThan(20)
    await page.getByRole('checkbox', { name: 'Correlation' }).uncheck()
    expect(await shown()).toBeLessThan(all)
    await page.getByRole('checkbox', { name: 'Correlation' }).check()
    await page.getByLabel(/Weight at least/).fill('0.6')
    await expect.poll(shown).toBeLessThan(all)
    await page.getByLabel(/Weight at least/).fill('0')
    await page.getByLabel(/^Window/).press('ArrowLeft')
    await page.getByText('Window 3 of 4').waitFor()
    expect(new URL(page.url()).pathname).toMatch(/^\/graph\/a1b2c3_5m_\d+$/)
    await page.getByRole('combobox', { name: 'Asset' }).selectOption('AAVEUSDT')
    const detail = page.getByRole('region', { name: 'AAVEUSDT' }).first()
    await detail.getByRole('row', { name: /ADAUSDT Lead and lag: follows it, 1 bar/ }).waitFor()
    await look(page, 'graph')
    await network.focus()
    const before = await network.getAttribute('aria-label')
    for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key)
    await expect.poll(() => network.getAttribute('aria-label')).not.toBe(before)
    await page.keyboard.press('Escape')
    await expect.poll(() => network.getAttribute('aria-label')).not.toContain('chosen')
  })

  it('asks for a network with its parameters from the form of workflows', { timeout: limit }, async () => {
    const form = await (await browser.newContext({ viewport: sizes.desktop, serviceWorkers: 'block' })).newPage()
    form.setDefaultTimeout(20_000)
    let asked: unknown
    const type = (name: string) => ({ type: name, description: name, source: 'api', venues: ['binance'], available: true })
    await form.route('**/api/workflow-types', (route) => route.fulfill({ json: {
      types: [type('api_candles_5m'), type('api_trades')],
      pipelines: [{ type: 'train_gnn', description: 'Features, a graph, a network and forecasts', stages: ['features'], available: true }, { type: 'trade_agent', description: '', stages: [], available: false }],
    } }))
    await form.route('**/api/workflows', (route) => {
      asked = route.request().postDataJSON()
      return route.fulfill({ status: 201, json: { workflow_id: 'wf-a1b2c3' } })
    })
    await form.goto(`${dashboard.url}/workflows?symbol=BTCUSDT`)
    await form.getByRole('checkbox', { name: '5m', exact: true }).check()
    expect(await form.getByLabel('Then').locator('option').allTextContents()).toEqual(['only store it', 'Train a forecasting network'])
    await form.getByLabel('Then').selectOption('train_gnn')
    await form.getByText('Network', { exact: true }).click()
    await form.getByLabel('Epochs at most').fill('3')
    await form.getByText('Asset graph', { exact: true }).click()
    await form.getByLabel('Windows').fill('4')
    await form.getByRole('checkbox', { name: 'Sector' }).uncheck()
    await form.getByRole('button', { name: 'Start' }).click()
    await form.getByText('A graph of assets needs two symbols or more.').waitFor()
    expect(asked).toBeUndefined()
    await look(form, 'form')
    await form.getByLabel('Symbols').fill('BTCUSDT, ETHUSDT')
    await form.getByRole('button', { name: 'Start' }).click()
    await expect.poll(() => asked).toMatchObject({
      symbols: ['BTCUSDT', 'ETHUSDT'], pipeline: { type: 'train_gnn', graph: { windows: 4, kinds: ['correlation', 'lead_lag', 'volume_volatility'] }, training: { epochs: 3 } },
    })
    await form.context().close()
  })

  it('walks from a forecast back to the venue, and names what is not there any more', { timeout: limit }, async () => {
    const key = 'BTCUSDT_5m_forecast_1735824600000'
    const forecast = await store.get('forecasts', key)
    const [{ run_id: runId }] = await store.find('model_versions', { where: { version: 2 } }) as unknown as [{ run_id: string }]
    const { _key: _, ...values } = forecast!
    const ids = { queue_id: 'wf-btcusdt-api_candles_5m-20250101-a1b2c3', workflow_id: 'wf-a1b2c3' }
    const to = 1_735_862_400_000
    const lineage = Lineage.parse({
      id: key, forecast: { ...values, ...ids, collection_name: 'forecasts' }, model: await store.get('model_versions', 'gnn-5m_v2'), features: [], missing: ['the topic of the features'],
      data: [{
        used_for: ['forecast', 'training'], ...ids, type: 'api_candles_5m', topic: { name: 'wf-data', partitions: [{ partition: 0, first: '0', last: '599' }] },
        certificate: { checksum: `sha256:${'e'.repeat(64)}`, complete: true, rows: 600, unit: 'candles', certified_at: to },
        documents: { collection_name: 'candles_btcusdt', from_key: 'a', to_key: 'b' }, source: { venue: 'binance', symbol: 'BTCUSDT', type: 'api_candles_5m', from: 1_735_689_600_000, to },
      }],
    })
    const other = await (await browser.newContext({ viewport: sizes.desktop, serviceWorkers: 'block' })).newPage()
    other.setDefaultTimeout(20_000)
    await other.route(`**/api/lineage/${key}`, (route) => route.fulfill({ json: lineage }))
    await other.goto(`${dashboard.url}/forecasts/lineage/${key}`)
    await other.getByText('the topic of the features').waitFor()
    expect(await other.getByRole('link', { name: 'gnn-5m version 2' }).getAttribute('href')).toBe(`/models/${runId}`)
    await other.getByRole('row', { name: /BTCUSDT api_candles_5m binance 2025-01-01 00:00 2025-01-03 00:00 candles_btcusdt 0: 0–599 ✓ complete/ }).waitFor()
    await look(other, 'lineage')
    await other.context().close()
  })

  it('had nothing to complain about', () => expect(complaints).toEqual([]))
})

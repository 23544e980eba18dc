import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hearSilences, storeAlerts, type SilenceHearer } from '../alerts-scenario.ts'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'
import { webFolder } from '../web/web-folder.ts'
import { launchBrowser, watchErrors, whyNoBrowser } from './browser.ts'
import { look, sizes } from './look.ts'

const limit = 60_000

describe.skipIf(whyNoBrowser)(`alerts in a browser${whyNoBrowser}`, () => {
  let dashboard: DashboardScenario
  let alerter: SilenceHearer
  let browser: Browser
  let page: Page
  let complaints: readonly string[]
  beforeAll(async () => {
    const web = webFolder()
    ;[dashboard, browser] = await Promise.all([openDashboard({ web }), launchBrowser()])
    await storeAlerts(dashboard.store, Date.now())
    alerter = await hearSilences(dashboard.bus, dashboard.store, Date.now)
    await web
    page = await (await browser.newContext({ viewport: sizes.desktop, colorScheme: 'light' })).newPage()
    page.setDefaultTimeout(20_000)
    complaints = watchErrors(page)
  }, 2 * limit)
  afterAll(async () => {
    await browser?.close()
    await alerter?.close()
    await dashboard?.close()
  }, limit)

  it('are silenced from their row, by keyboard, and heard again when the silence is lifted', { timeout: limit }, async () => {
    await page.goto(`${dashboard.url}/alerts`)
    await page.getByText('3 go on').waitFor()
    const row = page.getByRole('region', { name: 'Alerts that go on' }).getByRole('listitem').filter({ hasText: 'Nothing came of BTCUSDT' })
    await row.getByRole('button', { name: /^Silence No data/ }).press('Enter')
    expect(await page.getByRole('textbox', { name: 'Labels' }).inputValue()).toBe('venue=binance symbol=BTCUSDT series=ws_trades')
    await page.getByRole('textbox', { name: 'Labels' }).fill('venue binance')
    await page.getByText('‘venue’ is not name=value, such as venue=binance').waitFor()
    await page.getByRole('textbox', { name: 'Labels' }).fill('venue=binance symbol=BTCUSDT')
    await page.getByLabel('For', { exact: true }).selectOption('4 hours')
    await page.getByLabel('Why').fill('announced maintenance of the exchange')
    await page.keyboard.press('Enter')
    await page.getByText('The silence has begun.').waitFor()
    await row.getByText('silenced').waitFor()
    await page.getByText('3 go on, 1 silenced').waitFor()
    const [command] = alerter.heard
    expect(command).toMatchObject({ command: 'silence', silence: { alert: 'no_data', labels: { venue: 'binance', symbol: 'BTCUSDT' }, comment: 'announced maintenance of the exchange' } })
    await look(page, 'alerts')
    await page.getByRole('button', { name: 'Lift the silence of No data, venue=binance symbol=BTCUSDT' }).click()
    await page.getByText('None: people are told of every alert.').waitFor()
    await row.getByRole('button', { name: /^Silence No data/ }).waitFor()
    expect(complaints).toEqual([])
  })
})

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pageList } from '../../web/src/pages/page-list.ts'
import { launchBrowser, watchErrors, whyNoBrowser } from './browser.ts'
import { startRunningPlatform, type RunningPlatform } from './running-platform.ts'

const limit = 60_000

describe.skipIf(whyNoBrowser)(`the dashboard in a browser${whyNoBrowser}`, () => {
  let platform: RunningPlatform
  let browser: Browser
  let page: Page
  let complaints: readonly string[]
  beforeAll(async () => {
    [platform, browser] = await Promise.all([startRunningPlatform(), launchBrowser()])
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })).newPage()
    page.setDefaultTimeout(20_000)
    // While the server is killed, and where it refuses what is asked, requests fail, and the browser says so.
    complaints = watchErrors(page, /WebSocket|ERR_CONNECTION|status of (409|429)/)
  }, limit)
  afterAll(async () => {
    await browser?.close()
    await platform?.close()
  }, limit)

  it('starts a workflow from the form, by keyboard, and follows it to its certificate', { timeout: limit }, async () => {
    await page.goto(platform.url)
    await page.getByRole('heading', { name: 'Workflows', level: 1 }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate<string>('document.activeElement.outerHTML')).toContain('skip-link')
    await page.getByRole('button', { name: 'Start' }).press('Enter')
    await page.getByText('Name at least one symbol').waitFor()
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('form-symbols')
    await page.keyboard.type('btcusdt')
    await page.getByRole('group', { name: 'History: candles' }).getByRole('checkbox', { name: '5m', exact: true }).press('Space')
    await page.getByLabel('From (UTC)').fill('2025-03-01T00:00')
    await page.getByLabel('To (UTC, excluded)').fill('2025-03-03T00:00')
    await page.getByRole('button', { name: 'Start' }).press('Enter')
    await page.getByRole('region', { name: 'Coverage certificates' }).last().getByText('✓ complete').waitFor()
    expect(await page.getByRole('row', { name: /BTCUSDT api_candles_5m ✓ complete/ }).textContent()).toContain('576')
    expect(await page.getByRole('progressbar', { name: 'Store: finished' }).getAttribute('aria-valuenow')).toBe('100')
  })

  it('draws what is stored', { timeout: limit }, async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Market' }).click()
    const chart = page.getByRole('img', { name: /Candles of BTCUSDT, 5m, 576 shown/ })
    await chart.locator('canvas').first().waitFor()
    await page.getByText('no gap among 576 candles').waitFor()
    expect(await page.getByRole('link', { name: /TradingView/ }).getAttribute('href')).toBe('https://www.tradingview.com/')
  })

  it('keeps a watchlist and requests for the next time', { timeout: limit }, async () => {
    await page.getByRole('button', { name: 'Watch BTCUSDT' }).click()
    await page.getByRole('button', { name: 'Watch BTCUSDT', pressed: true }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Watch BTCUSDT', pressed: true }).waitFor()
    await page.goto(`${platform.url}/workflows?symbol=ethusdt&type=api_candles_5m`)
    await page.getByText('Saved requests').click()
    await page.getByLabel('Save what is in the form as').fill('Ether & more')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'Replace', exact: true }).waitFor()
    await page.goto(`${platform.url}/workflows`)
    await page.getByText('Saved requests (1)').click()
    await page.getByLabel('Load', { exact: true }).selectOption('Ether & more')
    await expect.poll(() => page.getByLabel('Symbols').inputValue()).toBe('ETHUSDT')
    expect(await page.getByRole('group', { name: 'History: candles' }).getByRole('checkbox', { name: '5m', exact: true }).isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByText('Saved requests', { exact: true }).waitFor()
  })

  it('shows topics, lag and messages, and says that there are no dead letters', { timeout: limit }, async () => {
    await page.getByRole('navigation').getByRole('link', { name: 'Topics' }).click()
    await page.getByText('every message was understood').waitFor()
    await page.getByRole('link', { name: /api_candles_5m.*-data/ }).click()
    await page.getByRole('listitem').filter({ hasText: '"kind":"end_of_stream"' }).waitFor()
    await page.getByRole('cell', { name: /arango-connector/ }).first().waitFor()
  })

  it('says that the connection is lost, since when, and catches up by itself', { timeout: limit }, async () => {
    await page.goto(`${platform.url}/workflows`)
    await page.getByText('Live', { exact: true }).first().waitFor()
    platform.killDashboard()
    await page.getByText('Connection lost').waitFor()
    await page.getByText('what was missed has been fetched').waitFor()
    await page.getByRole('article').first().getByText('finished').waitFor()
  })

  it('shows why a start was refused, and when to try again', { timeout: limit }, async () => {
    await page.goto(`${platform.url}/workflows?symbol=ethusdt&type=api_candles_5m`)
    const refuse = async (answer: { status: number; headers?: Record<string, string>; json?: object; body?: string }) => {
      await page.unroute('**/api/workflows')
      await page.route('**/api/workflows', (route) => (route.request().method() === 'POST' ? route.fulfill(answer) : route.fallback()))
      await page.getByRole('button', { name: 'Start' }).click()
    }
    const note = page.getByRole('alert')
    await refuse({ status: 409, json: { type: 'x', title: 'x', status: 409, code: 'QUOTA_EXCEEDED', detail: 'ann has 100 workflows in progress and may have 100', remedy: 'stop one, or wait until one has ended' } })
    await note.getByText('QUOTA_EXCEEDED').waitFor()
    expect(await note.textContent()).toContain('ann has 100 workflows in progress and may have 100')
    expect(await note.textContent()).toContain('stop one, or wait until one has ended')
    await refuse({ status: 429, headers: { 'retry-after': '20' }, json: { type: 'x', title: 'x', status: 429, code: 'TOO_MANY_REQUESTS', detail: 'too many requests of this caller', remedy: 'try again in 20 s' } })
    await note.getByText('try again in 20 s').waitFor()
    // By something between, which knows nothing of problem documents.
    await refuse({ status: 429, headers: { 'retry-after': '7' }, body: 'slow down' })
    await note.getByText('Try again in 7 s.').waitFor()
    await page.unroute('**/api/workflows')
  })

  it('tells of a worker that was killed, and of what was decided about it', { timeout: limit }, async () => {
    const { serverTime } = await (await fetch(`${platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
    const asked = { symbols: ['ETHUSDT'], types: ['ws_trades'], time_range: `${new Date(serverTime).toISOString().slice(0, 16)}Z:` }
    const answer = await fetch(`${platform.url}/api/workflows`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(asked) })
    const { workflow_id: id } = await answer.json() as { workflow_id: string }
    await page.goto(`${platform.url}/workflows/${id}`)
    await expect.poll(() => platform.killWorker('loader-ws'), { timeout: 30_000 }).toBe(true)
    const healing = page.getByRole('region', { name: 'Healing' })
    const decision = healing.getByRole('row').filter({ hasText: 'ETHUSDT' }).or(healing.getByRole('row').filter({ hasText: 'ethusdt' })).first()
    await decision.waitFor()
    expect(await decision.textContent()).toMatch(/attempt 1/)
    await healing.getByText('relaunched').or(healing.getByText('waits')).first().waitFor()
    await page.getByText(/[1-9]\d* of \d+ relaunches within the last hour/).waitFor()
  })

  it('fits a phone, in both themes, and can be installed', { timeout: limit }, async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    for (const path of ['/workflows', '/market', '/topics', '/topics/queue-events']) {
      await page.goto(platform.url + path)
      await page.getByRole('heading').first().waitFor({ state: 'attached' })
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360)
    }
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.getByRole('button', { name: 'Use the dark theme' }).click()
    await page.getByRole('button', { name: 'Use the light theme' }).waitFor()
    expect(await ground()).not.toBe(light)
    expect(await page.evaluate<string>('navigator.serviceWorker.ready.then((ready) => ready.active.scriptURL)')).toContain('/sw.js')
    const manifest = await (await fetch(`${platform.url}/manifest.webmanifest`)).json() as { icons: { src: string }[] }
    for (const { src } of manifest.icons) expect((await fetch(platform.url + src)).ok, src).toBe(true)
  })

  it('has room for all its pages on a phone: their links scroll, the present one in sight, and each can be reached by keyboard', { timeout: limit }, async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(`${platform.url}/topics`)
    const links = page.getByRole('navigation').getByRole('link')
    await links.last().waitFor()
    expect(await links.allTextContents()).toEqual(pageList.map(({ title }) => title))
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360)
    const inSight = async (name: string) => {
      const box = (await links.filter({ hasText: name }).boundingBox())!
      expect(box.height, name).toBeGreaterThanOrEqual(40)
      // A part of a pixel is nobody's loss.
      return box.x >= -1 && box.x + box.width <= 361
    }
    expect([await inSight('Topics'), await inSight('Workflows')]).toEqual([true, false])
    await links.first().focus()
    await expect.poll(() => inSight('Workflows')).toBe(true)
    for (let i = 1; i < pageList.length; i++) await page.keyboard.press('Tab')
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe('Topics')
    await expect.poll(() => inSight('Topics')).toBe(true)
  })

  it('had nothing to complain about', () => expect(complaints).toEqual([]))
})

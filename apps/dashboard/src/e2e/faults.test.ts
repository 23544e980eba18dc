import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, whyNoBrowser } from './browser.ts'
import { startRunningPlatform, type RunningPlatform } from './running-platform.ts'

const limit = 120_000
const minute = 60_000
/** A folder to look at what the pages looked like: SCREENSHOTS=/tmp/x npx vitest run apps/dashboard/src/e2e */
const screenshots = process.env['SCREENSHOTS']
const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } }

describe.skipIf(whyNoBrowser)(`a market with faults in a browser${whyNoBrowser}`, () => {
  let platform: RunningPlatform
  let browser: Browser
  let page: Page
  let symbols: string[]
  const complaints: string[] = []
  beforeAll(async () => {
    [platform, browser] = await Promise.all([startRunningPlatform({ WS_RATE: '50', BOOK_SNAPSHOT_SECONDS: '2' }), launchBrowser()])
    page = await (await browser.newContext({ viewport: sizes.desktop, colorScheme: 'light' })).newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => complaints.push(error.message))
    const info = await (await fetch(`${platform.exchangeUrl}/api/v3/exchangeInfo`)).json() as { symbols: { symbol: string }[] }
    symbols = info.symbols.map((s) => s.symbol)
  }, limit)
  afterAll(async () => {
    await browser?.close()
    await platform?.close()
  }, limit)

  const venueTime = async () => (await (await fetch(`${platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }).serverTime
  const instant = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`
  const submit = async (symbol: string, types: string[], timeRange: string) => {
    const answer = await fetch(`${platform.url}/api/workflows`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ symbols: [symbol], types, time_range: timeRange }) })
    expect(answer.status, await answer.clone().text()).toBe(201)
  }
  const look = async (name: string) => {
    if (!screenshots) return
    for (const [size, viewport] of Object.entries(sizes)) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
        await page.screenshot({ path: join(screenshots, `${name}-${size}-${colorScheme}.png`), fullPage: size === 'phone' })
      }
    }
    await page.setViewportSize(sizes.desktop)
    await page.emulateMedia({ colorScheme: 'light' })
  }

  it('shades a hole of stored candles, and no longer when the venue has filled it', { timeout: limit }, async () => {
    const [symbol] = symbols as [string]
    const end = Math.floor(await venueTime() / 86_400_000) * 86_400_000
    const range = `${instant(end - 86_400_000)}:${instant(end)}`
    await platform.faults({ kind: 'hole', symbol, from: end - 12 * 60 * minute, to: end - 10 * 60 * minute })
    await submit(symbol, ['api_candles_5m'], range)
    await page.goto(`${platform.url}/market/binance/${symbol}/5m`)
    await page.getByText('24 the venue does not have').waitFor()
    await look('gap')
    await platform.faults()
    await submit(symbol, ['api_candles_5m'], range)
    await page.getByText('no gap among 288 candles').waitFor()
  })

  it('makes candles of a market that only has trades, shades those that lack some, and not any more when they are there', { timeout: 2 * limit }, async () => {
    const symbol = symbols[1]!
    const began = await venueTime()
    await submit(symbol, ['ws_trades'], `${instant(began)}:`)
    await expect.poll(async () => (await (await fetch(`${platform.url}/api/instruments`)).json() as { instruments: { symbol: string }[] }).instruments.some((i) => i.symbol === symbol), { timeout: 30_000 }).toBe(true)
    await page.goto(`${platform.url}/market/binance/${symbol}`)
    await page.getByText('made from trades').waitFor()
    const chart = page.getByRole('img', { name: new RegExp(`Candles of ${symbol}, 1m`) })
    await chart.locator('canvas').first().waitFor()
    const before = await chart.getAttribute('aria-label')
    await expect.poll(() => chart.getAttribute('aria-label'), { timeout: 30_000 }).not.toBe(before)
    expect(await page.evaluate<number>('__streamforgeLatency.shown.count')).toBeGreaterThan(0)

    const from = await venueTime()
    // No frame of trades comes, and REST has none either: the loader asks again and again before it says that there is a gap.
    await platform.faults({ kind: 'ws_drop', symbol, stream: 'rade' }, { kind: 'hole', symbol, from, to: from + 1_500, path: '/api/v3' })
    await expect.poll(venueTime, { timeout: 30_000 }).toBeGreaterThan(from + 1_500)
    await platform.faults({ kind: 'hole', symbol, from, to: from + 1_500, path: '/api/v3' })
    await page.getByText(/of which the venue lacks trades/).waitFor()
    await look('trades-gap')
    await platform.faults()
    const filled = await venueTime()
    const start = Math.floor(began / minute - 3) * minute
    await submit(symbol, ['api_trades'], `${instant(start)}:${new Date(filled).toISOString()}`)
    await page.getByText(/no gap among/).waitFor()
  })

  it('says that a book is being rebuilt for as long as it may be wrong', { timeout: limit }, async () => {
    const symbol = symbols[2]!
    await submit(symbol, ['ws_orderbook'], `${instant(await venueTime())}:`)
    await expect.poll(async () => (await (await fetch(`${platform.url}/api/instruments`)).json() as { instruments: { symbol: string }[] }).instruments.some((i) => i.symbol === symbol), { timeout: 30_000 }).toBe(true)
    await page.goto(`${platform.url}/market/binance/${symbol}`)
    const status = page.getByRole('region', { name: 'Order book' }).getByRole('status')
    await status.getByText('valid').waitFor()
    await platform.faults({ kind: 'slow', delay_ms: 4_000, path: '/api/v3/depth' }, { kind: 'ws_drop', symbol, stream: '@depth', count: 1 })
    await status.getByText('being rebuilt: sequence').waitFor()
    expect(await page.locator('.ladder-doubtful').count()).toBe(1)
    await look('book-rebuilt')
    await status.getByText('valid').waitFor()
    expect(await page.locator('.ladder-doubtful').count()).toBe(0)
    // A connection that is back before the exchange has told anything has lost nothing: cut until one is not.
    await expect.poll(async () => {
      await platform.faults({ kind: 'slow', delay_ms: 3_000, path: '/api/v3/depth' }, { kind: 'ws_cut', symbol, stream: '@depth', now: true })
      return status.getByText('being rebuilt: reconnect').waitFor({ timeout: 4_000 }).then(() => true, () => false)
    }, { timeout: 30_000 }).toBe(true)
    await platform.faults()
    await status.getByText('valid').waitFor()
  })

  it('had nothing to complain about', () => expect(complaints).toEqual([]))
})

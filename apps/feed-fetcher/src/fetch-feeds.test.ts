import { FeedFileState, FeedState, type Quote } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, type FetcherFixture, json, openFetcherFixture } from './fetcher-fixture.ts'
import { simulatedClock } from './schedule/simulated-clock.test-support.ts'
import type { FeedDocument } from './state/feed-document.ts'

let fixture: FetcherFixture
beforeEach(async () => { fixture = await openFetcherFixture() })
afterEach(() => fixture.close())

const start = Date.UTC(2024, 1, 1, 12)
const ticker = (lastPrice: string, closeTime = start - 1_000, symbol = 'BTCUSDT') => ({ symbol, lastPrice, closeTime })
const feed = (more = '') => `feeds:\n  - name: tickers\n    interval: 1m\n    endpoint: http://${fixture.host}/ticker?symbols={symbols}\n    parser: binance-ticker\n    symbols: [BTCUSDT]\n${more}`
const state = async (name = 'tickers') => FeedState.parse((({ memory: _, ...rest }) => rest)(await fixture.store.get<FeedDocument>('feed_states', name) as FeedDocument))
const request = (id: string) => ({ request_id: `request-${id}`, timestamp: 1 })
/** Runs all feeds once at an instant. */
async function onceAt(instant: number, env: Record<string, string> = {}) {
  const fetcher = await fixture.open({ clock: { ...simulatedClock(instant).clock } }, env)
  const failed = await fetcher.runOnce()
  await fetcher.close()
  return failed
}

describe('a run', () => {
  it('says what it could not read, once each, and why', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('0.00000000')])
    await onceAt(start)
    expect(await fixture.runs()).toMatchObject([{ records: 0, rejected: 1, refused: ['BTCUSDT: no price'] }])
  })
  it('publishes what is new, and says what it came to', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('43000.5')])
    expect(await onceAt(start)).toBe(0)
    expect(await fixture.messages('quotes')).toEqual([{
      kind: 'quote', feed: 'tickers', source: 'binance-ticker', asset: 'crypto', symbol: 'BTCUSDT', price: 43000.5, currency: 'USDT', event_time: start - 1_000, known_time: start, backfilled: false,
    }])
    expect(await fixture.runs()).toMatchObject([{ feed: 'tickers', trigger: 'once', outcome: 'ok', requests: 1, records: 1, unchanged: 0, rejected: 0, faults: {} }])
    expect(fixture.asked).toEqual(['/ticker?symbols=%5B%22BTCUSDT%22%5D'])
    expect(await state()).toMatchObject({ status: 'waiting', totals: { runs: 1, records: 1 }, consecutive_failures: 0 })
  })

  it('sends an unchanged price once, though its time moves and though the process starts anew', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('1')])
    await onceAt(start)
    fixture.answer = json([ticker('1', start + 59_000)])
    await onceAt(start + 60_000)
    fixture.answer = json([ticker('2', start + 119_000)])
    await onceAt(start + 120_000)
    // A cache may answer with what is older.
    fixture.answer = json([ticker('1', start + 59_000)])
    await onceAt(start + 180_000)
    expect((await fixture.messages('quotes')).map((q) => q.price)).toEqual([1, 2])
    expect((await fixture.runs()).map((r) => [r.outcome, r.records, r.unchanged])).toEqual([['ok', 1, 0], ['not_modified', 0, 1], ['ok', 1, 0], ['not_modified', 0, 1]])
  })

  it('asks with what the answer before was marked by', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('1')], { etag: '"a"' })
    await onceAt(start)
    fixture.answer = (asked, response) => void response.writeHead(asked.headers['if-none-match'] === '"a"' ? 304 : 500).end()
    expect(await onceAt(start + 60_000)).toBe(0)
    expect((await fixture.runs())[1]).toMatchObject({ outcome: 'not_modified', not_modified: 1, bytes: 0 })
  })

  it('keeps what other requests brought when one fails, and shows the failure everywhere', async () => {
    await fixture.writeFeeds(feed('    batch: 1\n').replace('[BTCUSDT]', '[BTCUSDT, ETHUSDT, XUSDT]'))
    fixture.answer = (asked, response) => {
      if (asked.url!.includes('ETH')) response.writeHead(404).end('no such symbol')
      else json(asked.url!.includes('BTC') ? [ticker('5')] : [])(asked, response)
    }
    expect(await onceAt(start)).toBe(1)
    expect((await fixture.messages('quotes')).map((q) => q.symbol)).toEqual(['BTCUSDT'])
    expect(await fixture.runs()).toMatchObject([{ outcome: 'failed', records: 1, rejected: 1, faults: { FEED_REJECTED: 1 }, error: { code: 'FEED_REJECTED', message: 'the source answered 404: no such symbol' } }])
    expect(await state()).toMatchObject({ status: 'failing', consecutive_failures: 1, last_error: { code: 'FEED_REJECTED' }, totals: { failures: 1, faults: { FEED_REJECTED: 1 } } })
    expect(await fixture.metrics.getSingleMetricAsString('streamforge_feed_faults_total')).toContain('code="FEED_REJECTED"} 1')
  })

  it.each([
    ['a web page', (_: unknown, r: import('node:http').ServerResponse) => void r.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><html>'), 'FEED_WRONG_TYPE'],
    ['another form', json({ data: 1 }), 'FEED_BAD_ANSWER'],
    ['times of the future', json([ticker('1', start + 3_600_000)]), 'FEED_CLOCK_SKEW'],
  ])('that meets %s fails with its code and publishes nothing', async (_, answer, code) => {
    await fixture.writeFeeds(feed())
    fixture.answer = answer
    expect(await onceAt(start)).toBe(1)
    expect(await fixture.messages('quotes')).toEqual([])
    expect(await fixture.runs()).toMatchObject([{ outcome: 'failed', faults: { [code]: 1 }, error: { code } }])
  })

  /** The same, for runs that wait between tries: time passes as long as they do. */
  async function onceWaiting() {
    const { clock, runUntil } = simulatedClock(start)
    const fetcher = await fixture.open({ clock, resolve: () => Promise.reject(new Error('no such name')) })
    let failed: number | undefined
    const run = fetcher.runOnce().then((count) => { failed = count })
    while (failed === undefined) await runUntil(clock.now() + 100)
    await run
    await fetcher.close()
    return failed
  }

  it.each<[string, string, (response: import('node:http').ServerResponse) => void]>([
    ['429', 'FEED_RATE_LIMITED', (r) => void r.writeHead(429, { 'retry-after': '5' }).end()],
    ['500', 'FEED_SOURCE_FAILED', (r) => void r.writeHead(500).end()],
    ['an answer that is cut', 'FEED_CUT_SHORT', (r) => {
      r.writeHead(200, { 'content-length': '100' })
      r.write('{', () => r.destroy())
    }],
    ['a connection that breaks', 'FEED_UNREACHABLE', (r) => void r.socket?.destroy()],
    ['a name that nobody knows', 'FEED_DNS_FAILED', () => undefined],
  ])('tries %s again, twice, and counts each time', async (_, code, fail) => {
    await fixture.writeFeeds(code === 'FEED_DNS_FAILED' ? feed().replace(`http://${fixture.host}`, 'https://nowhere.example') : feed())
    fixture.answer = (_, response) => fail(response)
    expect(await onceWaiting()).toBe(1)
    expect(await fixture.runs()).toMatchObject([{ outcome: 'failed', requests: 3, retries: 2, faults: { [code]: 3 }, error: { code } }])
    expect(await state()).toMatchObject({ status: 'failing', totals: { faults: { [code]: 3 } } })
    expect(await fixture.metrics.getSingleMetricAsString('streamforge_feed_faults_total')).toContain(`code="${code}"} 3`)
  })

  it('that fails once and then does not is no failure, and what went wrong still counts', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = (asked, response) => fixture.asked.length === 1 ? void response.writeHead(503).end() : json([ticker('1')])(asked, response)
    expect(await onceWaiting()).toBe(0)
    expect(await fixture.runs()).toMatchObject([{ outcome: 'ok', requests: 2, retries: 1, records: 1, faults: { FEED_SOURCE_FAILED: 1 } }])
  })

  it("shows how far the source's clock is off", async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('1')], { date: new Date(start + 600_000).toUTCString() })
    expect(await onceAt(start)).toBe(0)
    expect(await state()).toMatchObject({ clock_skew_ms: 600_000, totals: { faults: { FEED_CLOCK_SKEW: 1 } } })
  })

  it('carries a secret that it only has a reference to, and shows it nowhere', async () => {
    await fixture.writeFeeds(feed('    auth: {secret: {env: FEED_SECRET_X}, query: apikey}\n'))
    fixture.answer = (asked, response) => void response.writeHead(asked.url!.includes('apikey=top-secret') ? 403 : 200).end(`no: ${asked.url}`)
    expect(await onceAt(start)).toBe(1)
    expect(await fixture.runs()).toMatchObject([{ error: { code: 'FEED_SECRET_MISSING' }, requests: 0 }])
    const fetcher = await fixture.open({ clock: simulatedClock(start + 60_000).clock, env: { FEED_SECRET_X: 'top-secret' } })
    await fetcher.runOnce()
    await fetcher.close()
    const { error } = (await fixture.runs())[1]!
    expect(error).toMatchObject({ code: 'FEED_REJECTED' })
    expect(JSON.stringify(await fixture.store.get('feed_states', 'tickers')) + error!.message).not.toContain('top-secret')
  })

  it('of stocks is told in the form for programs outside too, in the time of the market', async () => {
    await fixture.writeFeeds(`feeds: [{name: pse, interval: 1h, endpoint: 'http://${fixture.host}/stocks', parser: stock-details, timezone: Asia/Manila}]`)
    const details = { stock: [{ name: 'Ayala Land', price: { currency: 'PHP', amount: 23.5 }, percent_change: 3.07, volume: 13724300, symbol: 'ALI' }], as_of: '2022-10-14T14:50:00+08:00' }
    fixture.answer = json(details)
    expect(await onceAt(start)).toBe(0)
    expect(await fixture.messages('stock-details')).toEqual([details])
    expect(await fixture.messages('quotes')).toMatchObject([{ symbol: 'ALI', name: 'Ayala Land', event_time: Date.UTC(2022, 9, 14, 6, 50) }])
  })
})

describe('news', () => {
  const item = (n: number, title = `Example ${n}`, more = '') => `<item><title>${title}</title><link>https://news.example/${n}</link><pubDate>Thu, 01 Feb 2024 1${n}:00:00 GMT</pubDate>${more}</item>`
  const list = (...items: string[]) => (_: unknown, response: import('node:http').ServerResponse) => void response.writeHead(200, { 'content-type': 'application/rss+xml' }).end(`<rss version="2.0"><channel><title>N</title>${items.join('')}</channel></rss>`)

  it('come once each, again when their text changes, with the time that they had first', async () => {
    await fixture.writeFeeds(`feeds: [{name: wire, interval: 5m, endpoint: 'http://${fixture.host}/rss', parser: rss, symbols: [{symbol: EXMP, words: [Example]}, {symbol: AAPL, words: [Apple]}]}]`)
    fixture.answer = list(item(1), item(2, 'Apple and $EXMP'))
    await onceAt(start)
    fixture.answer = list(item(1, 'Example 1, corrected', '').replace('11:00:00', '11:30:00'), item(2, 'Apple and $EXMP'))
    await onceAt(start + 300_000)
    const articles = await fixture.messages('news')
    expect(articles.map((a) => [a.title, a.symbols, a.published_at, a.known_time])).toEqual([
      ['Example 1', ['EXMP'], Date.UTC(2024, 1, 1, 11), start], ['Apple and $EXMP', ['AAPL', 'EXMP'], Date.UTC(2024, 1, 1, 12), start],
      ['Example 1, corrected', ['EXMP'], Date.UTC(2024, 1, 1, 11), start + 300_000],
    ])
    expect(articles[2]!.article_id).toBe(articles[0]!.article_id)
  })
})

describe('after downtime', () => {
  const chart = (newest: number) => ({
    chart: { error: null, result: [{
      meta: { symbol: 'AAPL', currency: 'USD', regularMarketPrice: 9, regularMarketTime: newest / 1_000, dataGranularity: '1m' },
      timestamp: [1, 2, 3].map((m) => (newest - (4 - m) * 60_000) / 1_000), indicators: { quote: [{ close: [7, null, 8] }] },
    }] },
  })

  it('what was missed is fetched from the history, once', async () => {
    await fixture.writeFeeds(`feeds: [{name: chart, interval: 1m, endpoint: 'http://${fixture.host}/{symbol}', history: 'http://${fixture.host}/{symbol}?from={from}&to={to}', parser: yahoo-chart, symbols: [AAPL]}]`)
    fixture.answer = json(chart(start))
    const clock = simulatedClock(start)
    const first = await fixture.open({ clock: clock.clock })
    await first.runOnce()
    await first.close()
    fixture.answer = json(chart(start + 600_000))
    const later = simulatedClock(start + 600_000)
    const second = await fixture.open({ clock: later.clock })
    await second.runOnce()
    await second.close()
    expect(fixture.asked).toEqual(['/AAPL', `/AAPL?from=${start / 1_000}&to=${start / 1_000 + 600}`, '/AAPL'])
    const bars = (await fixture.messages('quotes')).filter((q) => q.backfilled)
    expect(bars.map((b: Quote) => [b.event_time - start - 600_000, b.price, b.known_time - b.event_time])).toEqual([[-120_000, 7, 0], [0, 8, 0]])
  })

  it('what was under way is sent, with the keys that it had', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('1')])
    await onceAt(start)
    const [quote] = await fixture.messages('quotes')
    const [run] = await fixture.runs()
    const document = await fixture.store.get<FeedDocument>('feed_states', 'tickers')
    // As the store has it when the process dies between storing and publishing.
    await fixture.store.writeBatch('feed_states', [{ ...document!, memory: { ...document!.memory, outbox: { quotes: [{ ...quote!, price: 2 }], articles: [], details: null, run: run! } } }])
    const fetcher = await fixture.open({ clock: simulatedClock(start + 1).clock })
    await fetcher.close()
    expect((await fixture.messages('quotes')).map((q) => q.price)).toEqual([1, 2])
    expect((await fixture.store.get<FeedDocument>('feed_states', 'tickers'))!.memory.outbox).toBeNull()
  })
})

describe('control', () => {
  it('pauses, runs at once, resumes; the state shows it, a restart keeps it', async () => {
    await fixture.writeFeeds(feed())
    fixture.answer = json([ticker('1', Date.now() - 10_000)])
    const fetcher = await fixture.open()
    await fetcher.start()
    expect(await fixture.command({ command: 'pause', feed: 'tickers', ...request('pause') })).toMatchObject({ status: 'done' })
    expect(await state()).toMatchObject({ status: 'paused', paused: true })
    expect(await fixture.command({ command: 'run_now', feed: 'tickers', ...request('run') })).toMatchObject({ status: 'done' })
    await eventually(async () => (await fixture.runs())[0])
    expect(await fixture.runs()).toMatchObject([{ trigger: 'manual', records: 1 }])
    await fetcher.close()
    const again = await fixture.open()
    await again.start()
    expect(await state()).toMatchObject({ paused: true })
    expect(await fixture.command({ command: 'resume', feed: 'tickers', ...request('resume') })).toMatchObject({ status: 'done' })
    expect((await state()).next_run_at).toBeGreaterThan(Date.now() - 60_000)
    expect(await fixture.command({ command: 'pause', feed: 'nobody', ...request('nobody') })).toMatchObject({ status: 'refused', error: { code: 'NOT_FOUND' } })
  })

  it('sets feed.yaml when it is right and made from what is in force', async () => {
    await fixture.writeFeeds(feed())
    const fetcher = await fixture.open()
    await fetcher.start()
    const file = async () => FeedFileState.parse(await fixture.store.get('feed_files', 'current'))
    expect(await file()).toMatchObject({ version: 1, source: 'file', feeds: 1 })
    const text = feed().replace('tickers', 'renamed')
    expect(await fixture.command({ command: 'set_file', text: text.replace('1m', 'soon'), expected_version: 1, ...request('bad-text') }))
      .toMatchObject({ status: 'refused', error: { code: 'FEED_FILE_INVALID' }, problems: [{ line: 3, path: 'feeds.0.interval' }] })
    expect(await fixture.command({ command: 'set_file', text, expected_version: 7, ...request('old-version') })).toMatchObject({ status: 'refused', error: { code: 'CONFLICT' } })
    expect(await fixture.command({ command: 'set_file', text, expected_version: 1, ...request('good-text') })).toMatchObject({ status: 'done', version: 2 })
    expect(await file()).toMatchObject({ version: 2, source: 'control', text })
    await eventually(async () => (await fixture.store.get('feed_states', 'renamed')) && (await state()).status === 'removed' ? true : undefined)
  })

  it('shows what a feed would bring, and neither sends nor remembers it', async () => {
    await fixture.writeFeeds('feeds: []')
    fixture.answer = json({ code: -1121, msg: 'Invalid symbol.' })
    const fetcher = await fixture.open()
    await fetcher.start()
    expect(await fixture.command({ command: 'dry_run', text: feed(), ...request('dry-run') })).toMatchObject({ status: 'done', error: { code: 'FEED_REJECTED' }, dry_run: { run: { outcome: 'failed' }, records: [] } })
    fixture.answer = json([ticker('1', Date.now() - 10_000)])
    expect(await fixture.command({ command: 'dry_run', text: feed(), feed: 'tickers', ...request('dry-run-2') })).toMatchObject({ status: 'done', dry_run: { feed: 'tickers', records: [{ symbol: 'BTCUSDT', price: 1 }], rejected: [] } })
    expect(await fixture.messages('quotes')).toEqual([])
    expect(await fixture.runs()).toEqual([])
  })
})

describe('feed.yaml', () => {
  it('is taken anew without a restart; a bad one is refused with line and reason, and the one before stays', async () => {
    await fixture.writeFeeds(feed())
    const fetcher = await fixture.open()
    await fetcher.start()
    await fixture.writeFeeds(feed('    batch: none\n'))
    const refused = await eventually(async () => FeedFileState.parse(await fixture.store.get('feed_files', 'current')).refused)
    expect(refused).toMatchObject({ source: 'file', problems: [{ line: 7, path: 'feeds.0.batch' }] })
    expect((await fixture.store.get('feed_files', 'current'))!.text).toBe(feed())
    await fixture.writeFeeds(feed(`  - {name: second, interval: 1h, endpoint: 'http://${fixture.host}/x', parser: rss}\n`))
    await eventually(() => fixture.store.get('feed_states', 'second'))
    expect(FeedFileState.parse(await fixture.store.get('feed_files', 'current'))).toMatchObject({ version: 3, feeds: 2, source: 'file' })
    expect(FeedFileState.parse(await fixture.store.get('feed_files', 'current')).refused).toBeUndefined()
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { articleKey, leasesCollection, type NewsArticle, type Quote, quoteKey, StoredLease } from '@streamforge/contracts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually, type FetcherFixture, openFetcherFixture } from './fetcher-fixture.ts'

let fixture: FetcherFixture
beforeEach(async () => { fixture = await openFetcherFixture() })
afterEach(() => fixture.close())

const kills = 8
/** Seeded: the same moments each time. Linear congruential, as in Numerical Recipes. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
}

function startFetcher() {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, DATA_DIR: fixture.directory, FEED_FILE: join(fixture.directory, 'feed.yaml'), FEED_ALLOW_PRIVATE: fixture.host, BUS: 'embedded', STORE: 'embedded', LOG_LEVEL: 'info' },
  })
  const settled = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (/"msg":"(fetching|waiting: )/.test(line)) resolve()
    })
  })
  /** Resolves when it fetches or waits: before that a signal may end it as it ends any process. */
  return Object.assign(child, { settled })
}

/** Sources that have something new at each look; tells how many articles have been served. */
async function serveNews(): Promise<() => number> {
  let published = 0
  let price = 0
  fixture.answer = (asked, response) => {
    if (asked.url === '/wire') {
      // Two more articles at each look, and all those before.
      published += 2
      const items = Array.from({ length: published }, (_, i) => `<item><title>Article ${i}</title><link>https://news.example/${i}</link><pubDate>${new Date(1_700_000_000_000 + i * 1_000).toUTCString()}</pubDate></item>`)
      response.writeHead(200, { 'content-type': 'application/rss+xml' }).end(`<rss version="2.0"><channel><title>N</title>${items.join('')}</channel></rss>`)
    } else {
      // Half of the prices are those of before: they must not come again.
      price += 0.5
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ symbol: 'BTCUSDT', price: String(Math.floor(price)) }))
    }
  }
  await fixture.writeFeeds(`feeds:
  - {name: wire, interval: 1s, endpoint: 'http://${fixture.host}/wire', parser: rss}
  - {name: prices, interval: 1s, endpoint: 'http://${fixture.host}/price?symbol={symbol}', parser: binance-ticker, symbols: [BTCUSDT]}
`)
  return () => published
}

it('killed at random while it fetches and writes, it loses nothing that its sources still have, and stores nothing twice', { timeout: 90_000 }, async () => {
  const served = await serveNews()
  const random = randomFrom(20240201)
  for (let i = 0; i < kills; i++) {
    const before = fixture.asked.length
    const child = startFetcher()
    await eventually(() => fixture.asked.length > before ? true : undefined)
    // From the middle of the first run to after the third.
    await new Promise((resolve) => setTimeout(resolve, random() * (i % 2 === 0 ? 60 : 1_500)))
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  const last = startFetcher()
  const before = served()
  await eventually(async () => (await fixture.messages('news')).some((a) => a.title === `Article ${before + 1}`) ? true : undefined)
  last.kill('SIGTERM')
  if (last.exitCode === null && last.signalCode === null) expect(await once(last, 'exit')).toEqual([0, null])

  await expectAllOnce(before)
})

/** Every article that was served by then, and no price twice. */
async function expectAllOnce(before: number): Promise<void> {
  const articles = new Map((await fixture.messages('news')).map((a: NewsArticle) => [articleKey(a), a]))
  const titles = [...articles.values()].map((a) => a.title)
  expect(new Set(titles).size).toBe(titles.length)
  for (let i = 0; i < before; i++) expect(titles, `article ${i} of ${before}`).toContain(`Article ${i}`)

  const quotes = [...new Map((await fixture.messages('quotes')).map((q: Quote) => [quoteKey(q), q])).values()].sort((a, b) => a.event_time - b.event_time)
  expect(quotes.length).toBeGreaterThan(2)
  const prices = quotes.map((q) => q.price)
  expect(prices, 'a price twice, or out of order').toEqual([...new Set(prices)].sort((a, b) => a - b))
}

it('of two, the one that fetches is killed again and again: the other goes on at once, and no slot of a feed is run twice', { timeout: 90_000 }, async () => {
  const served = await serveNews()
  const children = new Map([startFetcher(), startFetcher()].map((child) => [child.pid!, child]))
  const leader = () => eventually(async () => {
    const found = StoredLease.safeParse(await fixture.store.get(leasesCollection, 'feed-fetcher').catch(() => undefined)).data
    return found && !found.released && children.has(found.holder.pid) ? found.holder.pid : undefined
  })
  const random = randomFrom(7)
  for (let i = 0; i < 4; i++) {
    const pid = await leader()
    const before = (await fixture.runs()).length
    await eventually(async () => (await fixture.runs()).length > before + 1 || undefined)
    await new Promise((resolve) => setTimeout(resolve, random() * 1_000))
    const child = children.get(pid)!
    children.delete(pid)
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    const next = startFetcher()
    children.set(next.pid!, next)
  }
  await leader()
  const before = served()
  await eventually(async () => (await fixture.messages('news')).some((a) => a.title === `Article ${before + 1}`) || undefined)
  // However fast the others took over: enough of the second feed to tell an order.
  await eventually(async () => (await fixture.messages('quotes')).length > 4 || undefined)
  for (const child of children.values()) {
    await child.settled
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) expect(await once(child, 'exit')).toEqual([0, null])
  }
  await expectAllOnce(before)
  // What was under way is told again after a death; of another fetch at the same slot it would differ.
  const runs = [...new Set((await fixture.runs()).map((run) => JSON.stringify(run)))].map((run) => JSON.parse(run) as { feed: string; scheduled_at: number })
  expect(new Set(runs.map(({ feed, scheduled_at }) => `${feed} ${scheduled_at}`)).size).toBe(runs.length)
})

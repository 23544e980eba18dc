import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { feedParsers, type FeedParser } from '@streamforge/contracts'
import { connectTimeSeries } from '@streamforge/timeseries'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually, type FetcherFixture, openFetcherFixture } from './fetcher-fixture.ts'

let fixture: FetcherFixture
const children: ChildProcess[] = []
beforeEach(async () => { fixture = await openFetcherFixture() })
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGTERM')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  await fixture.close()
})

const apps = resolve(import.meta.dirname, '../..')
const samples = join(import.meta.dirname, 'parsers')
const sampleOf = (parser: FeedParser) => readdirSync(join(samples, parser)).find((f) => f.startsWith('sample.') && !f.endsWith('.csv'))!

function start(script: string, ...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(apps, script), ...args], {
    stdio: 'ignore',
    env: {
      ...process.env, DATA_DIR: fixture.directory, FEED_FILE: join(fixture.directory, 'feed.yaml'), FEED_ALLOW_PRIVATE: fixture.host, FEED_FILES_DIR: join(samples, 'posts'),
      BUS: 'embedded', STORE: 'embedded', TIMESERIES: 'embedded', LOG_LEVEL: 'error',
    },
  })
  children.push(child)
  return child
}

it('every ready source is parsed, published, and lands in the store and in the time series', { timeout: 90_000 }, async () => {
  fixture.answer = (asked, response) => {
    const parser = asked.url!.slice(1) as FeedParser
    response.writeHead(200, { 'content-type': parser === 'rss' ? 'application/rss+xml' : 'application/json' }).end(readFileSync(join(samples, parser, sampleOf(parser))))
  }
  // Each symbol in its source's spelling: a source brings at least one.
  const entries = feedParsers.map((parser) => parser === 'posts' ? "  - {name: posts, interval: 1d, endpoint: 'file:sample.jsonl'}"
    : `  - {name: ${parser}, interval: 1d, endpoint: 'http://${fixture.host}/${parser}', parser: ${parser}${parser === 'finnhub' ? ', symbols: [EXMP]' : ''}}`)
  await fixture.writeFeeds(`feeds:\n${entries.join('\n')}\n`)
  expect(await once(start('feed-fetcher/src/main.ts', '--once'), 'exit')).toEqual([0, null])
  const quotes = await fixture.messages('quotes')
  const articles = await fixture.messages('news')
  expect([...new Set([...quotes, ...articles].map((r) => r.source))].sort()).toEqual([...feedParsers].sort())
  expect((await fixture.runs()).filter((run) => run.outcome !== 'ok')).toEqual([])

  start('arango-connector/src/feeds/main.ts')
  start('influx-connector/src/main.ts')
  await eventually(async () => await fixture.store.count('quotes').catch(() => 0) === quotes.length && await fixture.store.count('news_articles').catch(() => 0) === articles.length ? true : undefined)
  expect(await fixture.store.find('quotes', { where: { symbol: 'ALI' } })).toMatchObject([{ price: 23.5, name: 'Ayala Land', currency: 'PHP' }])
  expect(await fixture.store.find('news_articles', { where: { feed: 'rss' } })).toHaveLength(articles.filter((a) => a.feed === 'rss').length)

  const series = await eventually(async () => {
    const opened = await connectTimeSeries({ kind: 'embedded', file: join(fixture.directory, 'series.db') })
    const rows = await opened.query({ measurement: 'quotes', from: 0, to: Date.now() + 1 })
    await opened.close()
    return rows.length === quotes.length ? rows : undefined
  })
  expect(series.map((row) => [row.tags.feed, row.fields.price]).sort()).toEqual(quotes.map((q) => [q.feed, q.price]).sort())
})

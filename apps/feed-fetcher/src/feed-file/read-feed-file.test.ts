import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFeedFile } from './read-feed-file.ts'

const addresses = { binance: 'http://127.0.0.1:9' }
const read = (text: string) => readFeedFile(text, addresses)
const problems = (text: string) => {
  const result = read(text)
  return result.ok ? [] : result.problems
}

const good = `feeds:
  - name: stocks
    interval: 5m
    endpoint: https://query1.finance.yahoo.com/v8/finance/chart/{symbol}?interval=1d
    symbols: [AAPL, {symbol: EURUSD, as: "EURUSD=X"}]
    timezone: America/New_York
    market_hours: {open: '09:30', close: '16:00'}
    rate_limit: {requests: 5, per: 1m}
`

describe('feed.yaml', () => {
  it('is read with everything filled in that it leaves open', () => {
    expect(read(good)).toMatchObject({
      ok: true,
      feeds: [{
        name: 'stocks', parser: 'yahoo-chart', kind: 'stock', host: 'query1.finance.yahoo.com', intervalMs: 300_000, batch: 50, timeoutMs: 10_000,
        instruments: [{ symbol: 'AAPL', as: 'AAPL' }, { symbol: 'EURUSD', as: 'EURUSD=X' }], rate: { requests: 5, perMs: 60_000 },
        hours: { timezone: 'America/New_York', days: ['mon', 'tue', 'wed', 'thu', 'fri'] },
      }],
    })
    expect(read('')).toEqual({ ok: true, feeds: [] })
  })

  it('that comes with the program is right', async () => {
    expect(read(await readFile(join(import.meta.dirname, '../../feed.yaml'), 'utf8'))).toMatchObject({ ok: true, feeds: [{ parser: 'binance-ticker', host: '127.0.0.1:9' }] })
  })

  it.each([
    ['a tab, which YAML does not take', 'feeds:\n\t- name: x', 2, '', 'Tabs'],
    ['an interval of no unit', good.replace('5m', '5 minutes'), 3, 'feeds.0.interval', 'a number and s, m, h or d'],
    ['an unknown field', good.replace('interval:', 'intervall:'), 3, 'feeds.0.intervall', 'not known'],
    ['a symbol in lower case', good.replace('[AAPL', '[aapl'), 5, 'feeds.0.symbols.0', 'upper-case letters'],
    ['a zone that does not exist', good.replace('America/New_York', 'America/Newyork'), 6, 'feeds.0.timezone', 'time zone'],
    ['a market that closes before it opens', good.replace("'16:00'", "'08:00'"), 7, 'feeds.0.market_hours', 'open before close'],
    ['a source that is not known', good.replace('query1.finance.yahoo.com', 'example.com'), 4, 'feeds.0.endpoint', 'name the parser'],
    ['a kind that the parser does not have', `${good}    kind: news\n`, 9, 'feeds.0.kind', 'stock or etf'],
    ['a symbol in the host', good.replace('query1.finance', '{symbol}.finance'), 4, 'feeds.0.endpoint', 'not in the host'],
    ['a secret that is no reference', `${good}    auth: {header: x, secret: {env: PATH}}\n`, 9, 'feeds.0.auth', 'FEED_SECRET_'],
    ['a secret file beyond its folder', `${good}    auth: {header: x, secret: {file: ../etc/passwd}}\n`, 9, 'feeds.0.auth', 'FEED_SECRETS_DIR'],
    ['a history on another host', `${good}    history: https://evil.example/{from}\n`, 9, 'feeds.0.history', "endpoint's host"],
    ['the name of another', `${good}  - {name: stocks, interval: 1m, endpoint: 'https://finnhub.io/a'}\n`, 9, 'feeds.1.name', 'another feed'],
    ['no list', 'feeds: 5', 1, 'feeds', 'array'],
  ])('is refused with %s, saying where', (_, text, line, path, words) => {
    const found = problems(text)
    expect(found.map((p) => p.line), JSON.stringify(found)).toContain(line)
    const there = found.find((p) => p.line === line)!
    expect(there.path.startsWith(path)).toBe(true)
    expect(found.filter((p) => p.line === line).map((p) => p.message).join(' ')).toContain(words)
  })

  it('tells everything that is wrong, and is no way to fill the memory', () => {
    expect(problems(good.replace('5m', 'x').replace('AAPL', 'aapl')).length).toBeGreaterThan(1)
    const bomb = `a: &a [${'x,'.repeat(9)}x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}`
    expect(problems(bomb).length).toBeGreaterThan(0)
  })
})

import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { feedParsers, StreamForgeError } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { parserForHost, parserOf } from './index.ts'
import type { ParseContext } from './parser.ts'

// The samples are small documents made by hand in the form that each source documents; recorded-answers.test.ts reads recorded ones.
const folder = (parser: string) => join(import.meta.dirname, parser)
const samples = feedParsers.flatMap((parser) => readdirSync(folder(parser)).filter((f) => f.startsWith('sample')).map((file) => ({ parser, file })))
const context: ParseContext = { asked: ['EXMP'], timezone: 'UTC', receivedAt: Date.UTC(2024, 1, 2), history: false }
const read = (parser: string, file: string) => readFile(join(folder(parser), file), 'utf8')

describe('every parser', () => {
  it('has a folder with parse.ts, a sample, and what is expected of it', () => {
    for (const parser of feedParsers) {
      const files = readdirSync(folder(parser))
      expect(files, parser).toContain('parse.ts')
      expect(files.some((f) => f.startsWith('sample')), `${parser} needs a sample`).toBe(true)
    }
  })

  it.each(samples)('$parser reads $file as expected', async ({ parser, file }) => {
    const expected = JSON.parse(await read(parser, file.replace(/^sample(.*)\.\w+$/, 'expected$1.json').replace('expected.json', file.endsWith('.csv') ? 'expected-csv.json' : 'expected.json'))) as unknown
    const parsed = parserOf(parser).parse(await read(parser, file), context)
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(expected)
  })

  it.each(feedParsers.filter((p) => p !== 'posts'))('%s refuses what is not its form with a code, not with a crash', (parser) => {
    for (const text of ['', 'nonsense', '[]', '{}', 'null', '[{"a":1}]', '{"chart":{"result":[{}]}}', '<rss><chan', '<html></html>', '{"data":[{}]}', '{"articles":[{}]}', '{"stock":[]}']) {
      try {
        const { facts } = parserOf(parser).parse(text, context)
        expect(facts).toEqual([])
      } catch (error) {
        expect(error, `${parser} with ${text}`).toBeInstanceOf(StreamForgeError)
      }
    }
  })
})

describe('refusals with status 200', () => {
  it.each([
    ['alpha-vantage', '{"Note":"Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute"}', 'FEED_RATE_LIMITED'],
    ['alpha-vantage', '{"Error Message":"Invalid API call"}', 'FEED_REJECTED'],
    ['yahoo-chart', '{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found"}}}', 'FEED_REJECTED'],
    ['finnhub', '{"error":"Invalid API key"}', 'FEED_REJECTED'],
    ['newsapi', '{"status":"error","code":"rateLimited","message":"x"}', 'FEED_RATE_LIMITED'],
    ['binance-ticker', '{"code":-1121,"msg":"Invalid symbol."}', 'FEED_REJECTED'],
  ] as const)('%s: %s is %s', (parser, text, code) => {
    expect(() => parserOf(parser).parse(text, context)).toThrow(expect.objectContaining({ code }))
  })
})

describe('the past', () => {
  it('is the bars of a chart that have ended, each until the end of its session', async () => {
    const { facts } = parserOf('yahoo-chart').parse(await read('yahoo-chart', 'sample.json'), { ...context, history: true })
    const bars = facts.filter((f) => f.type === 'quote' && f.bar_ms !== undefined)
    expect(bars.map((b) => b.type === 'quote' && [new Date(b.time!).toISOString(), b.price, b.open, b.volume])).toEqual([
      ['2024-01-30T21:00:00.000Z', 188, 190, 55000000], ['2024-01-31T21:00:00.000Z', 184, 187.5, 60000000], ['2024-02-01T21:00:00.000Z', 185.5, 184.25, 64885400],
    ])
    const before = (await read('yahoo-chart', 'sample.json')).replace('"regularMarketTime":1706821201', '"regularMarketTime":1706810000')
    expect(parserOf('yahoo-chart').parse(before, { ...context, history: true }).facts.filter((f) => f.type === 'quote' && f.bar_ms !== undefined)).toHaveLength(2)
  })
})

it('tells sources by their hosts, and strangers not', () => {
  expect(['query1.finance.yahoo.com', 'www.alphavantage.co', 'finnhub.io', 'rest.coincap.io', 'api.binance.com:443', 'newsapi.org', 'file', 'example.com', 'notfinnhub.io'].map(parserForHost))
    .toEqual(['yahoo-chart', 'alpha-vantage', 'finnhub', 'coincap', 'binance-ticker', 'newsapi', 'posts', undefined, undefined])
})

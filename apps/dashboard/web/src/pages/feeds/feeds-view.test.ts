import type { FeedRun, FeedState } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cameTo, findFeeds, formatBytes, fromNow, isBad, lineRange, namesIn, recordColumns, recordText, summary } from './feeds-view.ts'

const feed = (name: string, status: FeedState['status'], symbols: unknown[] = []) => ({ name, status, kind: 'stock', parser: 'finnhub', host: 'api.example', entry: { symbols } }) as unknown as FeedState

describe('what a run came to', () => {
  const run = { outcome: 'not_modified', rejected: 3, records: 0, unchanged: 0 } as FeedRun
  it('says what was refused, and that nothing else was bad news', () => {
    expect(cameTo(run)).toBe('nothing new, 3 refused')
    expect([run, { ...run, unchanged: 1 }, { ...run, rejected: 0 }, { ...run, outcome: 'failed' as const, rejected: 0 }].map(isBad)).toEqual([true, false, false, true])
  })
})

describe('feeds', () => {
  const feeds = [feed('b-stocks', 'waiting', ['AAPL', { symbol: 'BRK.B', as: 'BRK-B' }]), feed('a-stocks', 'waiting'), feed('c-news', 'failing')]
  it('are found by any of their words, what fails first', () => {
    expect(findFeeds(feeds, '').map(({ name }) => name)).toEqual(['c-news', 'a-stocks', 'b-stocks'])
    expect(findFeeds(feeds, 'FINNHUB brk.b').map(({ name }) => name)).toEqual(['b-stocks'])
    expect(findFeeds(feeds, 'failing').map(({ name }) => name)).toEqual(['c-news'])
    expect(summary(feeds)).toBe('1 failing, 2 on schedule')
  })
  it('tell times and sizes short', () => {
    expect([fromNow(1_000, 1_000), fromNow(61_000, 1_000), fromNow(0, 5_000)]).toEqual(['now', 'in 1 min', '5 s ago'])
    expect([0, 999, 1_000, 15_300, 250_000_000, 3e12].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '15.3 kB', '250 MB', '3.0 TB'])
  })
  it('are named in a text', () => {
    expect(namesIn('feeds:\n  - name: yahoo-stocks\n    interval: 5m\n  - interval: 1m\n    name: "news"\n# name: no\n')).toEqual(['yahoo-stocks', 'news'])
  })
  it('point at the line of a fault', () => {
    expect(lineRange('ab\ncde\n\nf', 2)).toEqual([3, 6])
    fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-z]{0,5}$/), { minLength: 1 }), fc.nat({ max: 30 }), (lines, n) => {
      const line = (n % lines.length) + 1
      expect(lines.join('\n').slice(...lineRange(lines.join('\n'), line))).toBe(lines[line - 1])
    }))
    expect(lineRange('a', 9)).toEqual([1, 1])
  })
  it('show the records of a dry run', () => {
    expect(recordColumns([{ kind: 'quote', symbol: 'AAPL', price: 3 }, { symbol: 'MSFT', volume: 1 }])).toEqual(['symbol', 'price', 'volume'])
    expect([recordText('event_time', 0), recordText('symbols', ['A', 'B']), recordText('price', 2.5), recordText('title', undefined)]).toEqual(['1970-01-01 00:00:00', 'A, B', '2.5', '–'])
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import type { AnyPoint } from '../time-series.ts'
import { candle, expectCode, minute, ownSymbol, score, sentiment, start, type Suite } from './suite.ts'

export function readTests(suite: Suite): void {
  const [a, b] = [ownSymbol(), ownSymbol()].toSorted() as [string, string]
  const both = [a, b]
  const range = { from: start, to: start + 20 * minute }
  beforeAll(() => suite.series.writePoints(both.flatMap((symbol, s) => Array.from({ length: 10 }, (_, i) => candle(symbol, i, { close: 100 * s + i })))))

  it('finds a range, its start included, its end not', async () => {
    const rows = await suite.series.query({ measurement: 'candles', from: start + 2 * minute, to: start + 5 * minute, tags: { symbol: a } })
    expect(rows.map((row) => row.fields['close'])).toEqual([2, 3, 4])
  })

  it('answers in the order of time, and of the tags within an instant', async () => {
    const rows = await suite.series.query({ measurement: 'candles', from: start, to: start + 2 * minute, tags: { symbol: [b, a] } })
    expect(rows.map((row) => [row.time, row.tags['symbol']])).toEqual([[start, a], [start, b], [start + minute, a], [start + minute, b]])
  })

  it('answers the fields asked for, and no row without any of them', async () => {
    const symbol = ownSymbol()
    await suite.series.writePoints([candle(symbol, 0), candle(symbol, 1, { quote_volume: 7 }), candle(symbol, 2)])
    const rows = await suite.series.query({ measurement: 'candles', ...range, tags: { symbol }, fields: ['quote_volume', 'taker_buy_volume'] })
    expect(rows).toEqual([{ tags: { venue: 'binance', symbol, interval: '1m' }, time: start + minute, sub: 0, fields: { quote_volume: 7 } }])
  })

  it('answers at most as many rows as asked for, the earliest', async () => {
    const rows = await suite.series.query({ measurement: 'candles', ...range, tags: { symbol: both }, limit: 3 })
    expect(rows.map((row) => [row.time - start, row.tags['symbol']])).toEqual([[0, a], [0, b], [minute, a]])
  })

  it('answers nothing where there is nothing', async () => {
    expect(await suite.series.query({ measurement: 'candles', from: start - minute, to: start, tags: { symbol: a } })).toEqual([])
    expect(await suite.series.query({ measurement: 'candles', ...range, tags: { symbol: ownSymbol() } })).toEqual([])
    expect(await suite.series.query({ measurement: 'candles', ...range, tags: { symbol: [] } })).toEqual([])
    expect(await suite.series.latest('candles', { symbol: ownSymbol() })).toEqual([])
  })

  it('reads truths as truths', async () => {
    const symbol = ownSymbol()
    await suite.series.writePoints([score(symbol, 0, true), score(symbol, 1, false)])
    const rows = await suite.series.query({ measurement: 'forecast_scores', ...range, tags: { symbol }, fields: ['hit', 'model_version'] })
    expect(rows.map((row) => row.fields)).toEqual([{ hit: true, model_version: 3 }, { hit: false, model_version: 3 }])
  })

  describe('windows', () => {
    const closes = async (aggregate: 'mean' | 'min' | 'max' | 'sum' | 'count' | 'first' | 'last') => (await suite.series.query({
      measurement: 'candles', from: start, to: start + 10 * minute, tags: { symbol: a }, fields: ['close'], window: { every: 4 * minute, aggregate },
    })).map((row) => [(row.time - start) / minute, row.fields['close']])

    it.each([
      ['mean', [1.5, 5.5, 8.5]], ['min', [0, 4, 8]], ['max', [3, 7, 9]], ['sum', [6, 22, 17]], ['count', [4, 4, 2]], ['first', [0, 4, 8]], ['last', [3, 7, 9]],
    ] as const)('have the %s of their points', async (aggregate, values) => {
      expect(await closes(aggregate)).toEqual([0, 4, 8].map((at, i) => [at, values[i]]))
    })

    it('begin at multiples of their length, also where the range begins inside of one', async () => {
      const rows = await suite.series.query({
        measurement: 'candles', from: start + 3 * minute, to: start + 6 * minute, tags: { symbol: a }, fields: ['close'], window: { every: 4 * minute, aggregate: 'sum' },
      })
      expect(rows.map((row) => [(row.time - start) / minute, row.fields['close']])).toEqual([[0, 3], [4, 9]])
    })

    it('are of one series each, and there are none without points', async () => {
      const symbol = ownSymbol()
      await suite.series.writePoints([candle(symbol, 0, { close: 1 }), candle(symbol, 100, { close: 5 })])
      const rows = await suite.series.query({
        measurement: 'candles', from: start, to: start + 200 * minute, tags: { symbol: [symbol, a] }, fields: ['close'], window: { every: 40 * minute, aggregate: 'max' },
      })
      expect(new Set(rows.map((row) => `${row.tags['symbol']} ${(row.time - start) / minute} ${row.fields['close']}`)))
        .toEqual(new Set([`${symbol} 0 1`, `${a} 0 9`, `${symbol} 80 5`]))
    })

    it('have the first and last of each field that points do not all have', async () => {
      const symbol = ownSymbol()
      await suite.series.writePoints([candle(symbol, 0, { quote_volume: 3 }), candle(symbol, 1, { quote_volume: 4 }), candle(symbol, 2)])
      const read = (aggregate: 'first' | 'last') => suite.series.query({
        measurement: 'candles', ...range, tags: { symbol }, fields: ['close', 'quote_volume'], window: { every: 60 * minute, aggregate },
      })
      expect((await read('first')).map((row) => row.fields)).toEqual([{ close: 11, quote_volume: 3 }])
      expect((await read('last')).map((row) => row.fields)).toEqual([{ close: 13, quote_volume: 4 }])
    })

    it('take the order of nanoseconds for first and last', async () => {
      const symbol = ownSymbol()
      await suite.series.writePoints([sentiment(symbol, 0, 5, 0.5), sentiment(symbol, 0, 1, 0.1), sentiment(symbol, 0, 9, 0.9)])
      const read = async (aggregate: 'first' | 'last') => (await suite.series.query({
        measurement: 'news_sentiment', ...range, tags: { symbol }, window: { every: minute, aggregate },
      })).map((row) => row.fields['score'])
      expect([await read('first'), await read('last')]).toEqual([[0.1], [0.9]])
    })

    it('count truths, and have the first and last of them, but no mean', async () => {
      const symbol = ownSymbol()
      await suite.series.writePoints([score(symbol, 0, true), score(symbol, 1, false), score(symbol, 2, false)])
      const read = (aggregate: 'count' | 'first' | 'last' | 'mean', fields?: ('hit')[]) => suite.series.query({
        measurement: 'forecast_scores', ...range, tags: { symbol }, ...(fields && { fields }), window: { every: 60 * minute, aggregate },
      })
      expect((await read('count', ['hit']))[0]!.fields).toEqual({ hit: 3 })
      expect((await read('first', ['hit']))[0]!.fields).toEqual({ hit: true })
      expect((await read('last', ['hit']))[0]!.fields).toEqual({ hit: false })
      expect(Object.keys((await read('mean'))[0]!.fields).toSorted()).toEqual(['actual', 'model_version', 'value'])
      await expectCode('INVALID_FIELD', read('mean', ['hit']))
    })
  })

  describe('latest', () => {
    it('is the newest point of each series, whatever came last', async () => {
      const symbols = [ownSymbol(), ownSymbol()].toSorted()
      await suite.series.writePoints(symbols.flatMap((symbol, s) => [candle(symbol, 5 + s), candle(symbol, 2), candle(symbol, 1)]))
      await suite.series.writePoints([candle(symbols[0]!, 3)])
      const rows = await suite.series.latest('candles', { symbol: symbols })
      expect(rows.map((row) => [row.tags['symbol'], (row.time - start) / minute])).toEqual([[symbols[0], 5], [symbols[1], 6]])
      expect(rows[0]!.fields).toEqual({ open: 15, high: 25, low: 5.25, close: 16, volume: 1.5, trade_count: 5 })
    })

    it('has the fields of that point only', async () => {
      const symbol = ownSymbol()
      await suite.series.writePoints([candle(symbol, 0, { quote_volume: 3 }), candle(symbol, 1)])
      expect(Object.keys((await suite.series.latest('candles', { symbol }))[0]!.fields)).not.toContain('quote_volume')
    })

    it('sees points in the future', async () => {
      const symbol = ownSymbol()
      const time = Date.UTC(2090, 0, 1)
      await suite.series.writePoints([{ ...candle(symbol, 0), time } as AnyPoint])
      expect((await suite.series.latest('candles', { symbol })).map((row) => row.time)).toEqual([time])
    })
  })

  it.each([
    ['a range that ends before it begins', { to: start - 1 }],
    ['a time that is none', { from: Number.NaN }],
    ['a limit of nothing', { limit: 0 }],
    ['a window of nothing', { window: { every: 0, aggregate: 'mean' } }],
    ['an unknown aggregate', { window: { every: 1, aggregate: 'mode' } }],
    ['an unknown field', { fields: ['mood'] }],
    ['no field', { fields: [] }],
    ['an unknown tag', { tags: { trade: '1' } }],
    ['an unknown measurement', { measurement: 'weather' }],
  ])('refuses %s', async (_, wrong) => {
    await expectCode('INVALID_FIELD', suite.series.query({ measurement: 'candles', ...range, ...wrong } as never))
  })

  it('takes a value that is code to the database for what it is: a value', async () => {
    expect(await suite.series.query({ measurement: 'candles', ...range, tags: { symbol: `${a}") or (true) or (r.symbol == "` } })).toEqual([])
    expect(await suite.series.query({ measurement: 'candles', ...range, tags: { symbol: `${a}' OR 1=1 --` } })).toEqual([])
    expect(await suite.series.query({ measurement: 'candles', ...range, tags: { symbol: '${a}' } })).toEqual([])
  })
}

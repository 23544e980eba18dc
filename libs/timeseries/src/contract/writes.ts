import { expect, it } from 'vitest'
import type { AnyPoint } from '../time-series.ts'
import { candle, expectCode, minute, ownSymbol, sentiment, start, type Suite } from './suite.ts'

const hour = { from: start, to: start + 60 * minute }

export function writeTests(suite: Suite): void {
  it('keeps points with their tags, fields and milliseconds', async () => {
    const symbol = ownSymbol()
    const point = { ...candle(symbol, 3), time: start + 3 * minute + 7 }
    await suite.series.writePoints([point])
    expect(await suite.series.query({ measurement: 'candles', ...hour, tags: { symbol } })).toEqual([{
      tags: { venue: 'binance', symbol, interval: '1m' }, time: start + 3 * minute + 7, sub: 0,
      fields: { open: 13, high: 23, low: 5.25, close: 14, volume: 1.5, trade_count: 3 },
    }])
  })

  it('changes nothing when the same points come again', async () => {
    const symbol = ownSymbol()
    const points = Array.from({ length: 200 }, (_, i) => candle(symbol, i))
    await suite.series.writePoints(points)
    const query = { measurement: 'candles', from: start, to: start + 200 * minute, tags: { symbol } } as const
    const once = await suite.series.query(query)
    await suite.series.writePoints(points)
    await suite.series.writePoints(points.slice(50, 150).toReversed())
    expect(once).toHaveLength(200)
    expect(await suite.series.query(query)).toEqual(once)
  })

  it('replaces fields that come again, and leaves the others', async () => {
    const symbol = ownSymbol()
    await suite.series.writePoints([candle(symbol, 0)])
    await suite.series.writePoints([{ ...candle(symbol, 0), fields: { close: 99.5, taker_buy_volume: 0 } } as AnyPoint])
    const [row] = await suite.series.query({ measurement: 'candles', ...hour, tags: { symbol } })
    expect(row!.fields).toEqual({ open: 10, high: 20, low: 5.25, close: 99.5, volume: 1.5, trade_count: 0, taker_buy_volume: 0 })
  })

  it('takes the last of equal points in one batch', async () => {
    const symbol = ownSymbol()
    await suite.series.writePoints([1, 2, 3].map((close) => candle(symbol, 0, { close })))
    const rows = await suite.series.query({ measurement: 'candles', ...hour, tags: { symbol }, fields: ['close'] })
    expect(rows.map((row) => row.fields)).toEqual([{ close: 3 }])
  })

  it('tells points of one millisecond apart by their nanoseconds', async () => {
    const symbol = ownSymbol()
    await suite.series.writePoints([sentiment(symbol, 0, 999_999, 0.5), sentiment(symbol, 0, 0, -0.25), sentiment(symbol, 0, 1_000, 0.75), sentiment(symbol, 0, 1, 0)])
    const rows = await suite.series.query({ measurement: 'news_sentiment', ...hour, tags: { symbol } })
    expect(rows.map(({ time, sub, fields }) => [time - start, sub, fields['score']])).toEqual([[0, 0, -0.25], [0, 1, 0], [0, 1_000, 0.75], [0, 999_999, 0.5]])
  })

  it('keeps numbers exactly', async () => {
    const symbol = ownSymbol()
    const values = { open: 0.1 + 0.2, high: 1e21, low: 5e-324, close: Number.MAX_SAFE_INTEGER, volume: 1.7976931348623157e308, trade_count: Number.MAX_SAFE_INTEGER }
    await suite.series.writePoints([candle(symbol, 0, values)])
    const [row] = await suite.series.query({ measurement: 'candles', ...hour, tags: { symbol } })
    expect(row!.fields).toEqual(values)
  })

  it('takes tags with characters that mean something to a database', async () => {
    const symbols = ['EURUSD=X', 'BRK.B', 'A-B']
    const quotes = symbols.map((symbol, i): AnyPoint => ({
      measurement: 'quotes', tags: { feed: 'contract-tests', asset: 'forex', symbol }, time: start + i, fields: { price: i, volume: undefined },
    }))
    await suite.series.writePoints(quotes)
    const rows = await suite.series.query({ measurement: 'quotes', ...hour, tags: { feed: 'contract-tests' } })
    expect(rows.map((row) => [row.tags['symbol'], row.fields])).toEqual(symbols.map((symbol, i) => [symbol, { price: i }]))
    expect(await suite.series.query({ measurement: 'quotes', ...hour, tags: { feed: 'contract-tests', symbol: 'EURUSD=X' } })).toHaveLength(1)
  })

  it('writes more than fits one transaction or request', async () => {
    const symbol = ownSymbol()
    const points = Array.from({ length: 12_345 }, (_, i) => candle(symbol, i))
    await suite.series.writePoints(points)
    const counts = await suite.series.query({
      measurement: 'candles', from: start, to: start + 20_000 * minute, tags: { symbol }, fields: ['close'], window: { every: 30 * 86_400_000, aggregate: 'count' },
    })
    expect(counts.map((row) => row.fields['close']).reduce((a, b) => Number(a) + Number(b))).toBe(12_345)
  })

  it('does nothing with no points', () => expect(suite.series.writePoints([])).resolves.toBeUndefined())

  it.each<[string, (symbol: string) => unknown]>([
    ['an unknown measurement', (symbol) => ({ ...candle(symbol, 1), measurement: 'weather' })],
    ['a tag too many', (symbol) => ({ ...candle(symbol, 1), tags: { venue: 'binance', symbol, interval: '1m', trade: '7' } })],
    ['a tag too few', (symbol) => ({ ...candle(symbol, 1), tags: { venue: 'binance', symbol } })],
    ['another tag than its own', (symbol) => ({ ...candle(symbol, 1), tags: { venue: 'binance', symbol, period: '1m' } })],
    ['a tag that is no value of its', (symbol) => ({ ...candle(symbol, 1), tags: { venue: 'binance', symbol, interval: '7m' } })],
    ['an unknown field', (symbol) => ({ ...candle(symbol, 1), fields: { close: 1, mood: 2 } })],
    ['no field', (symbol) => ({ ...candle(symbol, 1), fields: { close: undefined } })],
    ['a number that is none', (symbol) => candle(symbol, 1, { close: Number.NaN })],
    ['an infinite number', (symbol) => candle(symbol, 1, { close: Infinity })],
    ['a fraction where a whole number belongs', (symbol) => candle(symbol, 1, { trade_count: 1.5 })],
    ['a number where a truth belongs', (symbol) => ({
      measurement: 'forecast_scores', tags: { venue: 'binance', symbol, interval: '1m', model: 'gnn-1m' }, time: start, fields: { hit: 1 } })],
    ['seconds instead of milliseconds', (symbol) => ({ ...candle(symbol, 1), time: start / 1000 })],
    ['a fraction of a millisecond', (symbol) => ({ ...candle(symbol, 1), time: start + 0.5 })],
    ['nanoseconds beyond the millisecond', (symbol) => ({ ...candle(symbol, 1), sub: 1_000_000 })],
  ])('refuses a batch in which a point has %s, and writes nothing of it', async (_, make) => {
    const symbol = ownSymbol()
    await suite.series.writePoints([candle(symbol, 0)])
    await expectCode('STORE_REJECTED', suite.series.writePoints([candle(symbol, 2), make(symbol) as AnyPoint, candle(symbol, 3)]))
    expect((await suite.series.query({ measurement: 'candles', ...hour, tags: { symbol } })).map((row) => row.time)).toEqual([start])
  })

  it('refuses series beyond a limit, and goes on with those it has', async () => {
    const limited = await suite.openWith(2)
    const [first, second] = [ownSymbol(), ownSymbol()]
    await limited.writePoints([candle(first, 0), candle(second, 0)])
    const error = await expectCode('STORE_REJECTED', limited.writePoints([candle(ownSymbol(), 0)]))
    expect(error.message).toContain('has 2 series already')
    await limited.writePoints([candle(first, 1), candle(second, 1)])
    expect(await suite.series.query({ measurement: 'candles', ...hour, tags: { symbol: [first, second] } })).toHaveLength(4)
  })

  it('writes side by side without losing any', async () => {
    const symbol = ownSymbol()
    const other = await suite.open()
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? suite.series : other).writePoints(
      Array.from({ length: 50 }, (_, j) => candle(symbol, i * 50 + j)))))
    const rows = await suite.series.query({ measurement: 'candles', from: start, to: start + 1_000 * minute, tags: { symbol }, fields: ['close'] })
    expect(rows.map((row) => row.fields['close'])).toEqual(Array.from({ length: 1_000 }, (_, i) => 11 + i))
  })

  it('is refused after close', async () => {
    const handle = await suite.open()
    await handle.close()
    await expectCode('STORE_UNAVAILABLE', handle.writePoints([candle(ownSymbol(), 0)]))
    await expectCode('STORE_UNAVAILABLE', handle.latest('candles'))
  })
}

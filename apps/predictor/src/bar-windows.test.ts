import { barGrid, type FeatureRow, featureSets } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { createBarWindows, keptBars } from './bar-windows.ts'
import { from, rowOf, step, symbols } from './predictor-fixture.ts'

const width = featureSets.bars_v1.length
const open = () => createBarWindows(symbols, barGrid('binance', '5m'), 'bars_v1')
const time = (bar: number) => from + bar * step

it('gives a row back as it came, and its values with NaN for what is not known', () => {
  const windows = open()
  const row = rowOf('BBBUSDT', 3, { values: featureSets.bars_v1.map((_, f) => (f === 1 ? null : f / 4)) })
  windows.put(row)
  const { venue, symbol, interval, open_time, close, event_time, known_time } = row
  expect(windows.row('BBBUSDT', time(3))).toEqual({ venue, symbol, interval, open_time, close, event_time, known_time })
  expect([...windows.values('BBBUSDT', time(3))!]).toEqual(featureSets.bars_v1.map((_, f) => (f === 1 ? NaN : f / 4)))
  for (const [of, at] of [['AAAUSDT', time(3)], ['BBBUSDT', time(4)], ['XXXUSDT', time(3)]] as const) {
    expect(windows.row(of, at)).toBeUndefined()
    expect(windows.values(of, at)).toBeUndefined()
  }
})

it('keeps the first row of a symbol and bar, and tells by the revision that a bar has got another row', () => {
  const windows = open()
  windows.put(rowOf('AAAUSDT', 0, { close: 1 }))
  const [bar] = windows.bars(time(0), 1)
  const before = bar!.revision
  windows.put(rowOf('AAAUSDT', 0, { close: 2 }))
  windows.put({ ...rowOf('AAAUSDT', 0), symbol: 'XXXUSDT' })
  expect(windows.row('AAAUSDT', time(0))!.close).toBe(1)
  expect(bar!.revision).toBe(before)
  windows.put(rowOf('CCCUSDT', 0))
  expect(windows.bars(time(0), 1)[0]).toBe(bar)
  expect(bar!.revision).not.toBe(before)
  expect([0, 1, 2].map((n) => Number.isNaN(bar!.features[n * width]!))).toEqual([false, true, false])
})

it('gives adjoining bars, undefined where nothing has come, and forgets the oldest', () => {
  const windows = open()
  const rows: FeatureRow[] = Array.from({ length: 2 * keptBars }, (_, bar) => rowOf('AAAUSDT', bar)).filter((_, bar) => bar !== 2 * keptBars - 2)
  for (const row of rows) windows.put(row)
  expect(windows.bars(time(2 * keptBars - 1), 3).map((bar) => bar !== undefined)).toEqual([true, false, true])
  expect(windows.row('AAAUSDT', time(0))).toBeUndefined()
  expect(windows.row('AAAUSDT', time(keptBars))).toBeDefined()
})

import { intervalLengths, Pipeline, StreamForgeError } from '@streamforge/contracts'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fewestBars, graphWindows } from './graph-windows.ts'

const from = Date.UTC(2025, 0, 1)
const step = intervalLengths['5m']
const spec = (bars: number, pipeline: unknown, rest: { to?: undefined; created_at?: number } = {}) =>
  ({ venue: 'binance', from, to: from + bars * step, interval: '5m' as const, created_at: from, pipeline: Pipeline.parse(pipeline), ...rest })
const inBars = (windows: { from: number; to: number }[]) => windows.map((window) => [(window.from - from) / step, (window.to - from) / step])

it('cuts the training part into the windows asked for, and what follows into windows of about that length', () => {
  expect(inBars(graphWindows(spec(1000, { type: 'train_gnn' })))).toEqual([[0, 700], [700, 1000]])
  expect(inBars(graphWindows(spec(1000, { type: 'train_gnn', graph: { windows: 4 } })))).toEqual([[0, 175], [175, 350], [350, 525], [525, 700], [700, 850], [850, 1000]])
  expect(inBars(graphWindows(spec(100, { type: 'train_gnn', training: { parts: [8, 1, 1] } })))).toEqual([[0, 80]])
  // Two of the length of those before would be too short for any relation.
  expect(inBars(graphWindows(spec(215, { type: 'train_gnn', graph: { windows: 4 }, training: { parts: [73, 13, 14] } })))).toEqual([[0, 39], [39, 78], [78, 117], [117, 156], [156, 215]])
})

it('takes the whole range where nothing is trained, on the grid of the bars', () => {
  expect(inBars(graphWindows(spec(100, { type: 'features' })))).toEqual([[0, 100]])
  expect(inBars(graphWindows({ ...spec(100, { type: 'features' }), from: from + 1 }))).toEqual([[1, 100]])
})

it('ends with the bars that had closed when a stage of live data was planned', () => {
  expect(inBars(graphWindows(spec(0, { type: 'features' }, { to: undefined, created_at: from + 60.5 * step })))).toEqual([[0, 60]])
})

it('refuses windows that are too short', () => {
  for (const windows of [1, 40]) {
    const tooShort = () => graphWindows(spec(windows === 1 ? fewestBars : 1000, { type: 'train_gnn', graph: { windows } }))
    expect(tooShort).toThrow(expect.objectContaining({ code: 'TOO_FEW_BARS' }))
    expect(tooShort).toThrow(StreamForgeError)
  }
  expect(() => graphWindows(spec(-5, { type: 'features' }))).toThrow(expect.objectContaining({ code: 'TOO_FEW_BARS' }))
})

it('leaves no bar between windows, and ends one of them with the training part, which it never passes', () => {
  const cases = fc.record({ bars: fc.integer({ min: 200, max: 5000 }), windows: fc.integer({ min: 1, max: 4 }), first: fc.double({ min: 0.65, max: 0.95, noNaN: true }) })
  fc.assert(fc.property(cases, ({ bars, windows, first }) => {
    const found = inBars(graphWindows(spec(bars, { type: 'train_gnn', graph: { windows }, training: { parts: [first, (1 - first) / 2, (1 - first) / 2] } })))
    expect(found[0]![0]).toBe(0)
    found.slice(1).forEach(([start], i) => expect(start).toBe(found[i]![1]))
    expect(found[windows - 1]![1]).toBeLessThanOrEqual(bars * first + 1e-6)
    expect(found[windows - 1]![1]).toBeGreaterThan(bars * first - 1)
    for (const [start, end] of found) expect(end! - start!).toBeGreaterThanOrEqual(fewestBars)
  }))
})

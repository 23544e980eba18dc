import { expect, it } from 'vitest'
import { closedSpans } from './closed-spans.ts'

const day = (text: string) => Date.parse(`${text}T00:00:00Z`)
const of = (dates: string[], to?: string) => closedSpans(dates.map(day), { venue: 'yahoo', interval: '1d', ...(to !== undefined && { to: day(to) }) })
  .map((span) => [span.from, span.to].map((time) => new Date(time).toISOString().slice(0, 10)))

it('tells week-ends and holidays from days that are missing', () => {
  expect(of(['2024-07-01', '2024-07-02'])).toEqual([])
  // The 4th is a holiday, the 8th is missing.
  expect(of(['2024-07-03', '2024-07-05', '2024-07-09'])).toEqual([['2024-07-04', '2024-07-05'], ['2024-07-06', '2024-07-08']])
  expect(of(['2024-07-05'], '2024-07-09')).toEqual([['2024-07-06', '2024-07-08']])
  expect(of(['2024-07-05'])).toEqual([])
})

it('tells nights from hours of trading', () => {
  const time = (text: string) => Date.parse(`2024-07-${text}:00Z`)
  expect(closedSpans([time('02T19:55'), time('03T13:30'), time('03T16:55'), time('05T13:30')], { venue: 'yahoo', interval: '5m' })).toEqual([
    { from: time('02T20:00'), to: time('03T13:30') }, { from: time('03T17:00'), to: time('05T13:30') },
  ])
  expect(closedSpans([time('02T19:55'), time('03T13:30')], { venue: 'binance', interval: '5m' })).toEqual([])
})

import { describe, expect, it } from 'vitest'
import { formatDuration, formatInstant, priceDecimals, trimDecimal } from './format.ts'

describe('text', () => {
  it.each([[4, '4 s'], [60, '1 min'], [200, '3 min 20 s'], [7_500, '2 h 5 min'], [86_400 * 3 + 3_600 * 4, '3 d 4 h']])('says %d s as %s', (s, text) => expect(formatDuration(s)).toBe(text))
  it('keeps the precision of prices', () => {
    expect(formatInstant(Date.UTC(2024, 7, 1, 12, 30))).toBe('2024-08-01 12:30')
    expect(priceDecimals([1, 2.5, 0.125])).toBe(3)
    expect([trimDecimal('61730.17000000', 2), trimDecimal('5.00'), trimDecimal('5', 2)]).toEqual(['61730.17', '5', '5.00'])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareLines } from './compare-lines.ts'

async function* pages(all: readonly string[], size: number) {
  for (let i = 0; i < all.length; i += size) yield all.slice(i, i + size)
}

describe('compareLines', () => {
  const rows = fc.array(fc.string({ maxLength: 4 }).filter((s) => !s.includes('\n')), { maxLength: 20 })

  it('finds the first row that differs, however the pages are cut', async () => {
    await fc.assert(fc.asyncProperty(rows, rows, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), async (a, b, m, n) => {
      const result = await compareLines(pages(a, m), pages(b, n))
      const first = [...a, undefined].findIndex((line, i) => line !== b[i])
      expect(result.equal).toBe(JSON.stringify(a) === JSON.stringify(b))
      expect(result.rows).toBe(a.length)
      if (!result.equal) expect(result.difference).toEqual({ row: first + 1, source: a[first], stored: b[first] })
    }))
  })

  it('hashes the source as a certificate does', async () => {
    const { checksum } = await compareLines(pages(['a', 'b'], 1), pages(['a'], 1))
    expect(checksum).toBe('sha256:911169ddaaf146aff539f58c26c489af3b892dff0fe283c1c264c65ae5aa59a2')
  })
})

import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { drawIcon } from './draw-icon.ts'
import { encodePng } from './encode-png.ts'

describe('icons', () => {
  it('are PNG files of their pixels', () => {
    const pixels = drawIcon(16, 0)
    const png = encodePng(16, pixels)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([16, 16])
    const length = png.readUInt32BE(33)
    const rows = inflateSync(png.subarray(41, 41 + length))
    expect(rows.length).toBe(16 * 65)
    expect([...rows.subarray(65 * 8 + 1, 65 * 9)]).toEqual([...pixels.subarray(8 * 64, 9 * 64)])
  })

  it('are transparent in the corners, but not where a mask will cut', () => {
    expect(drawIcon(32, 0)[3]).toBe(0)
    expect(drawIcon(32, 0.1)[3]).toBe(255)
  })
})

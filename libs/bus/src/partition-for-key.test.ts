import { describe, expect, it } from 'vitest'
import { murmur2, partitionForKey } from './partition-for-key.ts'

describe('murmur2', () => {
  // The values of Kafka's own UtilsTest.
  it.each([
    ['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107],
  ])('hashes %s as Kafka does', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected)
  })
})

describe('partitionForKey', () => {
  it('takes text and its bytes alike, and stays within the partitions', () => {
    for (let i = 0; i < 1000; i++) {
      const partition = partitionForKey(`key-${i}`, 7)
      expect(partition).toBe(partitionForKey(Buffer.from(`key-${i}`), 7))
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(7)
    }
  })
})

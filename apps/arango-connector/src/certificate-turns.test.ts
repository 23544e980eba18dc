import { describe, expect, it } from 'vitest'
import { certificateTurns } from './certificate-turns.ts'

describe('certificateTurns', () => {
  it('lets one queue certify at a time, also after one has failed', async () => {
    const turns = certificateTurns(() => 0)
    turns.enter()
    const first = Promise.withResolvers<void>()
    const taken = turns.take(10, () => first.promise)
    expect(turns.take(10, async () => undefined)).toBeUndefined()
    first.resolve()
    expect(await taken).toBe(10)
    await expect(turns.take(10, () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
    expect(turns.take(10, async () => undefined)).toBeDefined()
  })

  it('keeps all queues of the process to their part of the time together', async () => {
    let now = 0
    const turns = certificateTurns(() => now)
    const leave = Array.from({ length: 8 }, () => turns.enter())
    const lasting = async (ms: number) => { now += ms }
    expect(await turns.take(60_000, () => lasting(5_000))).toBe(20 * 8 * 5_000)
    for (const left of leave.slice(1)) left()
    expect(await turns.take(60_000, () => lasting(5_000))).toBe(100_000)
    expect(await turns.take(60_000, () => lasting(1))).toBe(60_000)
  })
})

import { describe, expect, it } from 'vitest'
import { fetchAhead } from './fetch-ahead.ts'

describe('fetchAhead', () => {
  it('keeps the order, and never more than its number of tasks under way', async () => {
    let running = 0
    let most = 0
    const tasks = Array.from({ length: 20 }, (_, i) => async () => {
      most = Math.max(most, ++running)
      for (let turns = 20 - i; turns > 0; turns--) await Promise.resolve()
      running--
      return i
    })
    const results: number[] = []
    for await (const result of fetchAhead(tasks, 4)) results.push(result)
    expect(results).toEqual(tasks.map((_, i) => i))
    expect(most).toBe(4)
  })

  it('throws at the failed task, after the ones before it', async () => {
    const tasks = [() => Promise.resolve(1), () => Promise.reject(new Error('lost')), () => Promise.reject(new Error('later'))]
    const results: number[] = []
    await expect((async () => { for await (const r of fetchAhead(tasks, 3)) results.push(r) })()).rejects.toThrow('lost')
    expect(results).toEqual([1])
  })
})

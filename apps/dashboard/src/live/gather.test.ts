import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { gather } from './gather.ts'

beforeEach(() => { vi.useFakeTimers({ now: 1_000_030 }) })
afterEach(() => { vi.useRealTimers() })

describe('gather', () => {
  it('works once for all changes up to the next multiple on the clock', () => {
    const at: number[] = []
    const gathered = gather(100, () => at.push(Date.now()))
    gathered.touch()
    vi.advanceTimersByTime(50)
    gathered.touch()
    vi.advanceTimersByTime(200)
    gathered.touch()
    vi.advanceTimersByTime(100)
    expect(at).toEqual([1_000_100, 1_000_300])
  })

  it('takes the length that holds when a change comes, and does nothing once closed', () => {
    const at: number[] = []
    let ms = 100
    const gathered = gather(() => ms, () => {
      at.push(Date.now())
      ms = 200
    })
    gathered.touch()
    vi.advanceTimersByTime(80)
    gathered.touch()
    vi.advanceTimersByTime(200)
    gathered.touch()
    gathered.close()
    vi.advanceTimersByTime(1_000)
    expect(at).toEqual([1_000_100, 1_000_200])
  })
})

import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { lookNowAndThen, type Looking, type LookingOptions } from './look-now-and-then.ts'

let open: Looking | undefined
beforeEach(() => void vi.useFakeTimers())
afterEach(async () => {
  await open?.close()
  vi.useRealTimers()
})

const failures: unknown[] = []
const begin = (options: Pick<LookingOptions, 'look'> & Partial<LookingOptions>) => {
  failures.length = 0
  return (open = lookNowAndThen({ everyMs: 1_000, onFailure: (error) => failures.push(error), ...options }))
}

it('looks after each pause, the first time at once only where it is told to', async () => {
  let looks = 0
  const look = () => Promise.resolve(looks++)
  const later = begin({ look })
  await vi.advanceTimersByTimeAsync(999)
  expect(looks).toBe(0)
  await vi.advanceTimersByTimeAsync(2_001)
  expect(looks).toBe(3)
  await later.close()
  begin({ look, atOnce: true })
  expect(looks).toBe(4)
})

it('begins no look while another is under way, and goes on after one that failed', async () => {
  const looks: PromiseWithResolvers<void>[] = []
  begin({ look: () => {
    looks.push(Promise.withResolvers<void>())
    return looks.at(-1)!.promise
  } })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(looks).toHaveLength(1)
  looks[0]!.reject(new Error('away'))
  await vi.advanceTimersByTimeAsync(1_000)
  expect([looks.length, failures]).toEqual([2, [new Error('away')]])
  looks[1]!.resolve()
})

it('ends when the look that is under way has, and begins none after that', async () => {
  let looks = 0
  const last = Promise.withResolvers<void>()
  const looking = begin({ look: () => {
    looks++
    return last.promise
  } })
  await vi.advanceTimersByTimeAsync(1_000)
  let closed = false
  const closing = looking.close().then(() => { closed = true })
  expect(looking.closing.aborted).toBe(true)
  await vi.advanceTimersByTimeAsync(5_000)
  expect([closed, looks]).toEqual([false, 1])
  last.resolve()
  await closing
  await vi.advanceTimersByTimeAsync(5_000)
  expect(looks).toBe(1)
})

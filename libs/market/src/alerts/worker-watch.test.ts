import { QueueEvent } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { watchWorkers } from './worker-watch.ts'

const start = 1_722_470_400_000
const event = (status: string, more: Record<string, unknown> = {}) => QueueEvent.parse({
  queue_id: 'wf-btcusdt-ws_trades-20250331-a1b2c3', producer: 'loader-producer__a1b2c3', symbol: 'BTCUSDT', type: 'ws_trades', status, message: '', records_written: 1,
  finished: status === 'finished', timestamp: start / 1000, ...more,
})
const error = (retryable: boolean) => ({ error: { code: 'VENUE_UNREACHABLE', message: 'no answer', retryable } })
const readings = (events: readonly (readonly [QueueEvent, number])[], now: number, running = true) => {
  const watch = watchWorkers()
  for (const [given, at] of events) watch.take(given, start + at)
  return watch.readings(start + now, () => running)
}
const silence = (value: number) => [expect.objectContaining({ measure: 'streamforge_worker_silence_seconds', value })]

describe('a worker', () => {
  it('is silent since its last event, until it has ended', () => {
    expect(readings([[event('started'), 0], [event('heartbeat'), 5_000]], 45_000)).toEqual(silence(40))
    expect(readings([[event('started'), 0], [event('finished'), 5_000]], 45_000)).toEqual([])
    expect(readings([[event('started'), 0], [event('stopped'), 5_000]], 45_000)).toEqual([])
  })

  it('of a queue that does not run is not missed', () => {
    expect(readings([[event('started'), 0]], 45_000, false)).toEqual([])
  })

  it('is replaced by its next attempt, and events of the one before change nothing', () => {
    const events = [[event('started'), 0], [event('started', { attempt: 2 }), 10_000], [event('heartbeat'), 20_000], [event('finished'), 20_000]] as const
    expect(readings(events, 45_000)).toEqual(silence(35))
  })
})

describe('errors', () => {
  it('are counted for 15 minutes, apart by whether another attempt may help', () => {
    const events = [
      [event('error', { ...error(true), attempt: 1 }), 0], [event('error', { ...error(true), attempt: 2 }), 1_000], [event('error', { ...error(false), attempt: 3 }), 2_000],
    ] as const
    const labels = { target: 'loader-producer', code: 'VENUE_UNREACHABLE' }
    expect(readings(events, 3_000)).toEqual([
      { measure: 'streamforge_job_recent_errors', labels: { ...labels, retryable: 'true' }, value: 2 },
      { measure: 'streamforge_job_recent_errors', labels: { ...labels, retryable: 'false' }, value: 1 },
    ])
    expect(readings(events, 20 * 60_000).map(({ value }) => value)).toEqual([0, 0])
  })
})

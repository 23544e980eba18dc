import { describe, expect, it } from 'vitest'
import { countOf } from './histogram.ts'
import { measureLive } from './measure-live.ts'
import { keptRecords } from './proof.ts'
import { reportLive } from './report-live.ts'

describe('the benchmark of live data', () => {
  it('runs the whole platform, loses nothing, and tells its figures', { timeout: 120_000 }, async () => {
    const measured = await measureLive({ minutes: 0.03, rate: 300, symbols: ['BTCUSDT'], warmUpSeconds: 1, scheduling: 'realtime', say: () => undefined })
    for (const { queue, told, topic, stored } of measured.queues) {
      expect(told, queue.type).toBeGreaterThan(50)
      expect([keptRecords(topic), topic.breaks], queue.type).toEqual([told, 0])
      expect(stored, queue.type).toBeGreaterThanOrEqual(told)
    }
    expect([measured.queues.length, measured.deadLetters]).toEqual([2, 0])
    expect(countOf(measured.toTopic)).toBeGreaterThan(0)
    expect(countOf(measured.page.received)).toBeGreaterThan(0)
    const rows = reportLive(measured)
    // Whether it is fast enough is not for a test to say.
    expect(rows.filter(({ benchmark, met }) => benchmark === 'nothing lost' && met === false)).toEqual([])
    expect(rows.some(({ subject }) => subject.startsWith('loader-ws btcusdt ws_trades')) || process.platform !== 'linux').toBe(true)
  })
})

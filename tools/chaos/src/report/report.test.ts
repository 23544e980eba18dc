import { describe, expect, it } from 'vitest'
import type { FaultOutcome } from '../inject/run-faults.ts'
import { drawTimeline } from './draw-timeline.ts'
import { renderProgress, renderReport } from './render-report.ts'
import { hasPassed, percentile, percentiles, summariseKinds, type ChaosReport } from './summarise.ts'

const outcome = (index: number, kind: 'kill-job' | 'fill-disk', over: number, recovered: number | undefined): FaultOutcome => ({
  fault: kind === 'fill-disk' ? { index, afterMs: 0, pick: 0, kind, forMs: 1000 } : { index, afterMs: 0, pick: 0, kind }, victim: 'a <job>', at: over - 100, over, recovered, steps: recovered === undefined ? {} : { ready: 100, stored: recovered - over },
})
const faults = [outcome(0, 'fill-disk', 1000, 3000), outcome(1, 'kill-job', 5000, 6000), outcome(2, 'kill-job', 8000, undefined)]
const report: ChaosReport = {
  seed: 7, bus: 'embedded', seconds: 20, records: 50_000, workflows: 2, queues: 3, commitsChecked: 50_000, faults, byKind: summariseKinds(faults),
  recoveryMs: percentiles(faults), deadLetters: 1, left: ['kill-broker: the embedded bus has none'], findings: [{ kind: 'lost', where: 'queue', detail: 'X_1' }],
  progress: [{ at: 0, records: 0 }, { at: 20_000, records: 50_000 }],
}

describe('what a run came to', () => {
  it('counts by kind, and times from the end of the fault', () => {
    expect(report.byKind).toEqual([
      { kind: 'kill-job', faults: 2, unrecovered: 1, p50: 1000, p95: 1000, max: 1000, steps: { ready: 100, stored: 1000 } },
      { kind: 'fill-disk', faults: 1, unrecovered: 0, p50: 2000, p95: 2000, max: 2000, steps: { ready: 100, stored: 2000 } },
    ])
    expect([percentile([], 0.95), percentile([3, 1, 2], 0.5), percentile(Array.from({ length: 100 }, (_, i) => i + 1), 0.95)]).toEqual([0, 2, 95])
  })

  it('is told with what was found and what did not recover, and has failed then', () => {
    const told = renderReport(report)
    expect(told).toMatch(/1 lost, 0 doubled, 0 out of order/)
    expect(told).toMatch(/NOT RECOVERED: #2 kill-job/)
    expect(told).toMatch(/FAILED$/)
    expect(renderReport({ ...report, findings: [] })).toMatch(/passed$/)
    expect(hasPassed(report)).toBe(false)
  })

  it('is drawn with a bar for each fault, whatever its victim is called', () => {
    const picture = drawTimeline(report)
    expect(picture.match(/<g><title>/g)).toHaveLength(3)
    expect(picture).not.toContain('a <job>')
    expect(picture).not.toMatch(/NaN|undefined/)
  })

  it('is shown while it goes on', () => {
    expect(renderProgress({ done: 3, faults: 10, records: 1500, wanted: 50_000, rate: 750.4, etaSeconds: 95, last: 'kill-job' }))
      .toBe('faults 3/10  1,500 of 50,000 records  750/s, 1:35 left  kill-job')
  })
})

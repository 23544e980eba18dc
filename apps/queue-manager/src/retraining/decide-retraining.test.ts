import { RetrainingPolicy, type RetrainingRun, type StoredRetraining } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { decideRetraining, failureBackoffMs } from './decide-retraining.ts'

const now = Date.UTC(2025, 0, 2)
const bar = 300_000
const policy = RetrainingPolicy.parse({ symbols: ['AAA', 'BBB'], interval: '5m', history_bars: 500, new_bars: 12, minimum_interval_minutes: 30 })
const ended = (minutesAgo: number): RetrainingRun => ({ number: 3, reason: 'r', from: now - 500 * bar, to: now - 10 * bar, decided_at: now, workflow_id: 'wf-a1b2c3', ended_at: now - minutesAgo * 60_000, outcome: 'kept' })
const stored = (more: Partial<StoredRetraining> = {}): StoredRetraining =>
  ({ _key: 'gnn-5m', model: 'gnn-5m', version: 1, policy, runs: [], failures: 0, waits_for: '', updated_at: now, ...more })
const facts = { dataTo: now, newBars: 12, trainedTo: now - 12 * bar }

it('trains on history at once where there is no model', () => {
  expect(decideRetraining(stored(), { dataTo: now, newBars: 0, trainedTo: undefined }, now)).toEqual({ start: { from: now - 500 * bar, to: now, reason: 'there is no model yet' } })
  expect(decideRetraining(stored(), { dataTo: undefined, newBars: 0, trainedTo: undefined }, now)).toEqual({ waitsFor: 'bars: the store has none of some symbol, or the venue cannot be asked' })
})

it('trains again once enough new bars came, and not one bar before', () => {
  expect(decideRetraining(stored(), { ...facts, newBars: 11 }, now)).toEqual({ waitsFor: '1 more new bars (11 of 12)' })
  expect(decideRetraining(stored(), facts, now)).toMatchObject({ start: { from: now - 500 * bar, to: now } })
})

it('leaves the pause between trainings, and a longer one after failures', () => {
  expect(decideRetraining(stored({ runs: [ended(29)] }), facts, now)).toEqual({ waitsFor: '2025-01-02T00:01:00.000Z' })
  expect(decideRetraining(stored({ runs: [ended(30)] }), facts, now)).toHaveProperty('start')
  expect(decideRetraining(stored({ runs: [ended(31)], failures: 6 }), facts, now)).toEqual({ waitsFor: '2025-01-02T00:01:00.000Z, after 6 failed' })
  expect([0, 1, 2, 3, 50].map(failureBackoffMs)).toEqual([0, 60_000, 120_000, 240_000, 3_600_000])
})

it('begins nothing while one is under way, or when it is switched off', () => {
  const { outcome: _outcome, ended_at: _endedAt, ...current } = ended(100)
  expect(decideRetraining(stored({ current }), facts, now)).toEqual({ waitsFor: 'the end of training 3' })
  expect(decideRetraining(stored({ policy: { ...policy, enabled: false } }), facts, now)).toEqual({ waitsFor: 'being enabled' })
})

import { HealingReport } from '@streamforge/contracts'
import { expect, it } from 'vitest'
import { renderHealing } from './healing.ts'

const at = Date.UTC(2026, 0, 2, 3, 4, 5)
const report = HealingReport.parse({
  workflow_id: 'wf-a1b2c3', relaunches: { spent: 1, limit: 500 },
  circuits: [{ circuit: 'venue-binance', state: 'open', failures: [], openings: 1, until: at + 5_000, reason: '2 queues failed of it' }],
  decisions: [
    { decision_id: 'b', at: at + 1_000, action: 'relaunch', reason: 'from its checkpoint', workflow_id: 'wf-a1b2c3', queue_id: 'wf-btcusdt-api_candles_5m-20220801-a1b2c3', target: 'loader-producer', attempt: 2 },
    { decision_id: 'a', at, action: 'circuit_opened', reason: '2 queues failed of it', circuit: 'venue-binance' },
  ],
})

it('tells the story from its beginning, what is open now first', () => {
  const text = renderHealing(report).join('\n')
  expect(text).toMatch(/^venue-binance is open until 2026-01-02 03:04:10: 2 queues/)
  expect(text.indexOf('circuit opened')).toBeLessThan(text.indexOf('loader-producer of wf-btcusdt-api_candles_5m-20220801-a1b2c3, attempt 2'))
  expect(text).toContain('1 of 500 relaunches')
  expect(renderHealing({ ...report, decisions: [], circuits: [] })).toEqual(['nothing had to be healed; 1 of 500 relaunches within the last hour'])
})

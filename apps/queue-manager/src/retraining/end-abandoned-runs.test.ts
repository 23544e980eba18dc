import { WorkflowRequest, type TrainingRun } from '@streamforge/contracts'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestPlatform, type TestPlatform } from '../orchestrator/test-platform.ts'
import { planWorkflow } from '../plan/plan-workflow.ts'
import { endAbandonedRuns } from './end-abandoned-runs.ts'

const now = Date.UTC(2025, 0, 10)
const { queues } = planWorkflow(WorkflowRequest.parse({
  symbols: ['AAAUSDT'], types: ['api_candles_5m'], time_range: '2025-01-01:2025-01-08', pipeline: { type: 'trade_agent' },
}), { workflowId: 'wf-a1b2c3', now, instruments: undefined, maxActiveQueues: 2 })
const training = queues.find((queue) => queue.type === 'train_agent_5m')!

let platform: TestPlatform
let runs: TrainingRun[]
beforeEach(async () => {
  platform = await openTestPlatform()
  runs = [{ run_id: 'run-1', queue_id: training.queue_id, status: 'running', message: 'training' } as TrainingRun]
})
afterEach(() => platform.close())
const models = {
  runs: async () => runs,
  saveRun: async (run: TrainingRun) => {
    runs = runs.map((other) => (other.run_id === run.run_id ? run : other))
    return run
  },
}
async function look(status: 'running' | 'failed' | 'stopped' | 'pending', more: object = {}): Promise<TrainingRun> {
  const jobs = training.jobs.map((job) => ({ ...job, ...more }))
  await platform.store.ensureCollection('queues')
  await platform.store.writeBatch('queues', [{ ...training, status, jobs, ...(status === 'failed' && { ended_at: now - 1_000 }) }])
  await endAbandonedRuns({ store: platform.store, models, log: pino({ level: 'silent' }), now: () => now })
  return runs[0]!
}

it('ends the run of a queue that has failed, with the reason', async () => {
  expect(await look('failed', { status: 'failed', error: { code: 'WORKER_LOST', message: 'killed 5 times', retryable: true } })).toMatchObject({
    status: 'failed', message: 'WORKER_LOST: killed 5 times', finished_at: now - 1_000,
  })
})

it('ends the run of a queue that was stopped', async () => {
  expect(await look('stopped')).toMatchObject({ status: 'stopped', message: 'its queue was stopped', finished_at: now })
})

it.each(['running', 'pending'] as const)('leaves the run of a queue that is %s', async (status) => {
  expect(await look(status)).toMatchObject({ status: 'running', message: 'training' })
})

it('leaves runs that have ended, and those of queues that nobody knows', async () => {
  runs = [{ ...runs[0]!, status: 'finished' }, { ...runs[0]!, run_id: 'run-2', queue_id: 'wf-all-train_agent_5m-20250101-ffffff' }]
  await look('failed')
  expect(runs.map(({ status }) => status)).toEqual(['finished', 'running'])
})

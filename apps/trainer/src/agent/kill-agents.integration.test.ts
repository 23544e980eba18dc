import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { assignmentToEnv, type Assignment, type BacktestReport } from '@streamforge/contracts'
import type { StoredDocument } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AgentBench, openAgentBench, queueId, runId, swings } from './agent.test-support.ts'

let bench: AgentBench
beforeEach(async () => { bench = await openAgentBench() })
afterEach(() => bench.close())

function startProcess(assignment: Assignment): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', new URL('../main.ts', import.meta.url).pathname], {
    env: { PATH: process.env.PATH, ...assignmentToEnv(assignment), DATA_DIR: bench.directory, LOG_LEVEL: 'silent', CODE_VERSION: 'test' }, stdio: 'ignore',
  })
}

it('killed as a process in each fold, the next one comes to the same agents and the same bars', { timeout: 300_000 }, async () => {
  await bench.market(swings())
  const more = { steps: 15_000, walks: 2, strategies: ['dqn'] }
  const undisturbed = await bench.run(await bench.plan({ queue_id: queueId('bbbbbb') }, more))
  const assignment = await bench.plan({}, more)
  const reportsOf = async (fold: string) => Number((await bench.objects.stat(`checkpoints/${runId('BTCUSDT')}/${fold}`))?.metadata.epoch ?? 0)
  for (const fold of ['fold-1', 'fold-2']) {
    const trainer = startProcess(assignment)
    while (trainer.exitCode === null && await reportsOf(fold) < 2) await delay(2)
    trainer.kill('SIGKILL')
    await once(trainer, 'exit')
    expect(await reportsOf(fold)).toBeGreaterThan(0)
    expect(await bench.registry.versionOfRun(runId('BTCUSDT'))).toBeUndefined()
  }
  const last = startProcess({ ...assignment, attempt: 3 })
  expect(await once(last, 'exit')).toEqual([0, null])
  expect((await bench.events()).filter(({ queue_id }) => queue_id === assignment.queue_id).at(-1)).toMatchObject({ status: 'finished', attempt: 3, result: { hash: undisturbed.result!.result!.hash } })
  const [first, second] = await bench.store.find<BacktestReport & StoredDocument>('backtests', { sort: [{ field: '_key', direction: 'asc' }] })
  expect(second!.csv.sha256).toBe(first!.csv.sha256)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { assignmentToEnv, type Assignment } from '@streamforge/contracts'
import { openTensors, type Tensors } from '@streamforge/models/tensors'
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { openTrainerBench, plantedRows, queueId, type TrainerBench } from './trainer.test-support.ts'

vi.setConfig({ testTimeout: 300_000 })

let tensors: Tensors
let bench: TrainerBench
beforeAll(async () => { tensors = await openTensors({ prefer: 'wasm' }) })
beforeEach(async () => { bench = await openTrainerBench(tensors) })
afterEach(() => bench.close())

function startProcess(assignment: Assignment): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', new URL('./main.ts', import.meta.url).pathname], {
    env: { PATH: process.env.PATH, ...assignmentToEnv(assignment), DATA_DIR: bench.directory, LOG_LEVEL: 'silent', TENSORS_BACKEND: 'wasm', CODE_VERSION: 'test' }, stdio: 'ignore',
  })
}

/** Number of the newest epoch of which a network has left a checkpoint; 0: none. */
const checkpointOf = async (network: string) => Number((await bench.objects.stat(`checkpoints/run-wf-all-train-gnn-5m-20250101-a1b2c3/${network}`))?.metadata.epoch ?? 0)

it('killed as a process between epochs, the next one comes to the same model', async () => {
  await bench.rows(plantedRows())
  await bench.graph()
  const undisturbed = await bench.run(await bench.plan({ queue_id: queueId('bbbbbb') }))
  const assignment = await bench.plan()
  for (const network of ['gru', 'gnn']) {
    const trainer = startProcess(assignment)
    while (trainer.exitCode === null && await checkpointOf(network) < 1) await delay(5)
    trainer.kill('SIGKILL')
    await once(trainer, 'exit')
    expect(await checkpointOf(network)).toBeGreaterThan(0)
    expect(await bench.registry.versionOfRun('run-wf-all-train-gnn-5m-20250101-a1b2c3')).toBeUndefined()
  }
  const last = startProcess({ ...assignment, attempt: 3 })
  const [exitCode] = await once(last, 'exit') as [number]
  expect(exitCode).toBe(0)
  const version = await bench.registry.versionOfRun('run-wf-all-train-gnn-5m-20250101-a1b2c3')
  expect(version!.hash).toBe(undisturbed.result!.result!.hash)
  expect((await bench.events()).filter(({ queue_id }) => queue_id === assignment.queue_id).at(-1)).toMatchObject({ status: 'finished', attempt: 3, result: { hash: version!.hash } })
})

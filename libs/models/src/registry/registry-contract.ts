import type { ModelVersion, TrainingRun } from '@streamforge/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectStore } from '@streamforge/objects'
import type { ModelRegistry, NewModelVersion } from './model-registry.ts'

export interface RegistryUnderTest {
  /** Handles on one and the same registry. */
  open(): Promise<ModelRegistry>
  objects: ObjectStore
  dispose(): Promise<void>
}

const hash = (digit: string) => `sha256:${digit.repeat(64)}`

export const exampleRun = (model: string, name: string, rest: Partial<TrainingRun> = {}): TrainingRun => ({
  _key: `run-${name}`, run_id: `run-${name}`, queue_id: 'wf-all-train_gnn_5m-20240801-a1b2c3', workflow_id: 'wf-a1b2c3', model, status: 'running', kind: 'gnn',
  parameters: { hidden: 32, encoder: 'default' }, backend: 'test 1', seed: 42, code_version: '0.1.0', feature_set: 'bars_v1', symbols: ['BTCUSDT', 'ETHUSDT'], interval: '5m',
  data: [{ queue_id: 'wf-btcusdt-api_candles_5m-20240801-a1b2c3', checksum: hash('a') }], epochs: [], started_at: Date.UTC(2024, 7, 1), message: 'running', ...rest,
})

export const exampleVersion = (model: string, run: string, rest: Partial<NewModelVersion> = {}): NewModelVersion => ({
  model, run_id: `run-${run}`, queue_id: 'wf-all-train_gnn_5m-20240801-a1b2c3', workflow_id: 'wf-a1b2c3', hash: hash('b'), feature_set: 'bars_v1', symbols: ['BTCUSDT'],
  interval: '5m', horizon_bars: 1, window_bars: 32, scores: { rank_ic: { value: 0.1, low: 0, high: 0.2 } }, baselines: {},
  held_out: { from: Date.UTC(2024, 6, 1), to: Date.UTC(2024, 7, 1) }, promotion: { promoted: true, reason: 'the first' }, created_at: Date.UTC(2024, 7, 1), ...rest,
})

const epoch = (number: number) => ({ epoch: number, epochs: 3, loss: 1 / number, metrics: { validation_loss: 2 / number }, seconds: number, at: Date.UTC(2024, 7, 1) + number * 1000 })
const files = [{ name: 'model.json', content: Buffer.from('{}') }, { name: 'weights.bin', content: Buffer.from([1, 2, 3, 4]) }]

/** What every adapter of the model registry must do. `checks` looks at what is of one adapter only. */
export function registryContract(name: string, make: () => Promise<RegistryUnderTest>): void {
  describe(`model registry contract: ${name}`, () => {
    let subject: RegistryUnderTest
    let registry: ModelRegistry
    let other: ModelRegistry
    let count = 0
    beforeAll(async () => {
      subject = await make()
      registry = await subject.open()
      other = await subject.open()
    }, 300_000)
    afterAll(() => subject?.dispose())
    const newModel = () => `model-${process.pid}-${++count}`
    const register = (model: string, run: string, rest: Partial<NewModelVersion> = {}): Promise<ModelVersion> => registry.registerVersion(exampleVersion(model, `${model}-${run}`, rest), files)

    it('follows a run from its start to its end, whoever writes', async () => {
      const model = newModel()
      const run = exampleRun(model, `${model}-one`)
      await registry.saveRun(run)
      await registry.saveRun({ ...run, epochs: [epoch(1)] })
      await other.saveRun({ ...run, epochs: [epoch(1), epoch(2)] })
      await other.saveRun({ ...run, epochs: [epoch(1), epoch(2)] })
      const done: TrainingRun = { ...run, epochs: [epoch(1), epoch(2)], status: 'finished', finished_at: run.started_at + 9000, scores: { gnn: { ic: { value: 0.1, low: 0, high: 0.2 } } } }
      await other.saveRun(done)
      expect(await registry.run(run.run_id)).toMatchObject(done)
      await registry.saveRun(exampleRun(model, `${model}-two`, { started_at: run.started_at + 10 }))
      expect((await registry.runs({ model })).map(({ run_id }) => run_id)).toEqual([`run-${model}-two`, `run-${model}-one`])
      expect(await registry.run('run-none')).toBeUndefined()
    })

    it('numbers the versions of a model, and gives back their files', async () => {
      const model = newModel()
      const first = await register(model, 'one')
      const second = await register(model, 'two')
      expect([first.version, second.version]).toEqual([1, 2])
      expect(await other.version(model, 2)).toMatchObject({ run_id: `run-${model}-two`, files: [{ name: 'model.json', bytes: 2 }, { name: 'weights.bin', bytes: 4 }] })
      expect((await other.versions({ model })).map(({ version }) => version)).toEqual([2, 1])
      expect(await other.file(second, 'weights.bin')).toEqual(Buffer.from([1, 2, 3, 4]))
      expect(await registry.version(model, 3)).toBeUndefined()
      expect(await registry.versionOfRun(`run-${model}-one`)).toMatchObject({ version: 1 })
    })

    it('registers a run once, however often and by however many it is tried', async () => {
      const model = newModel()
      const tries = await Promise.all([registry, other, registry, other].map((handle) => handle.registerVersion(exampleVersion(model, `${model}-same`), files)))
      expect(new Set(tries.map(({ version }) => version)).size).toBe(1)
      expect(await registry.versions({ model })).toHaveLength(1)
    })

    it('says when a file is missing, cut off or changed', async () => {
      const model = newModel()
      const version = await register(model, 'broken')
      await subject.objects.put(`${version.path}/weights.bin`, Buffer.from([1, 2]))
      await expect(registry.file(version, 'weights.bin')).rejects.toMatchObject({ code: 'MODEL_CORRUPT' })
      await subject.objects.put(`${version.path}/weights.bin`, Buffer.from([1, 2, 3, 5]))
      await expect(registry.file(version, 'weights.bin')).rejects.toMatchObject({ code: 'MODEL_CORRUPT' })
      await subject.objects.delete(`${version.path}/weights.bin`)
      await expect(registry.file(version, 'weights.bin')).rejects.toMatchObject({ code: 'MODEL_CORRUPT' })
      await expect(registry.file(version, 'other.bin')).rejects.toMatchObject({ code: 'MODEL_CORRUPT' })
    })

    it('moves aliases, and keeps one that somebody else has moved meanwhile', async () => {
      const model = newModel()
      await register(model, 'one')
      await register(model, 'two')
      expect(await registry.alias(model, 'champion')).toBeUndefined()
      const champion = { model, alias: 'champion', reason: 'better' } as const
      expect(await registry.setAlias({ ...champion, version: 1, expected: { version: undefined } })).toBe(true)
      expect(await other.setAlias({ ...champion, version: 2, expected: { version: undefined } })).toBe(false)
      expect(await other.alias(model, 'champion')).toMatchObject({ model_version: 1, version: 1, reason: 'better' })
      expect(await other.setAlias({ ...champion, version: 2, expected: { version: 1 } })).toBe(true)
      // Carried out already: repeating it after a crash is no failure.
      expect(await other.setAlias({ ...champion, version: 2, expected: { version: 1 } })).toBe(true)
      expect(await registry.alias(model, 'champion')).toMatchObject({ model_version: 2, version: 2 })
      expect(await registry.setAlias({ ...champion, alias: 'challenger', version: 1 })).toBe(true)
      expect((await registry.aliases(model)).map(({ alias, model_version }) => `${alias} ${model_version}`).toSorted()).toEqual(['challenger 1', 'champion 2'])
      await expect(registry.setAlias({ ...champion, version: 9 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })
  })
}

import { createHash } from 'node:crypto'
import { type FeatureRow, ModelVersion, TrainingRun } from '@streamforge/contracts'
import { decodeGnn, openTensors, type Tensors } from '@streamforge/models/tensors'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { bars, from, openTrainerBench, plantedRows, queueId, step, symbols, type TrainerBench } from './trainer.test-support.ts'

// Some seconds of processor time, which a loaded machine may stretch.
vi.setConfig({ testTimeout: 300_000 })

let tensors: Tensors
let bench: TrainerBench
beforeAll(async () => { tensors = await openTensors({ prefer: 'wasm' }) })
beforeEach(async () => { bench = await openTrainerBench(tensors) })
afterEach(() => bench.close())

describe('training a stage', () => {
  it('tells each epoch, registers the model with all that it comes from, and makes it champion', async () => {
    await bench.rows(plantedRows())
    await bench.graph()
    const outcome = await bench.run(await bench.plan())
    expect(outcome).toMatchObject({ ended: 'finished', exitCode: 0 })
    const run = (await bench.registry.run('run-wf-all-train-gnn-5m-20250101-a1b2c3'))!
    const version = (await bench.registry.version('gnn-5m', 1))!
    expect([TrainingRun.parse(run), ModelVersion.parse(version)]).toEqual([run, version])
    expect(outcome.result!.result).toMatchObject({ hash: version.hash, facts: { model: 'gnn-5m', model_version: 1, promoted: true, rank_ic: version.scores.rank_ic!.value } })

    expect(run).toMatchObject({ status: 'finished', model_version: 1, code_version: 'test', seed: 42, feature_set: 'bars_v1', symbols, backend: expect.stringContaining('WebAssembly') })
    expect(run.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    expect(run.data).toEqual([{ queue_id: 'wf-all-features_5m-20250101-a1b2c3', checksum: `sha256:${'f'.repeat(64)}` }])
    expect(Object.keys(run.scores!)).toEqual(['gnn', 'gru', 'linear', 'momentum', 'reversal', 'last_value'])
    expect(run.parts!.train.to).toBeLessThan(run.parts!.validation.from)
    expect(run.parts!.test.to).toBe(from + (bars - 1) * step)

    expect(version).toMatchObject({ graph_version: `a1b2c3_5m_${from + 140 * step}`, window_bars: 4, horizon_bars: 1, promotion: { promoted: true } })
    expect(version.files.map(({ name }) => name)).toEqual(['model.json', 'weights.bin', 'model.onnx', 'training.json'])
    const weights = await bench.registry.file(version, 'weights.bin')
    expect(version.hash).toBe(`sha256:${createHash('sha256').update(weights).digest('hex')}`)
    expect(decodeGnn({ 'model.json': await bench.registry.file(version, 'model.json'), 'weights.bin': weights }).architecture.relationKinds).toEqual(['lead_lag', 'correlation'])
    expect(JSON.parse((await bench.registry.file(version, 'training.json')).toString())).toMatchObject({ graph_version: version.graph_version, seed: 42, data: run.data })
    expect(await bench.registry.alias('gnn-5m', 'champion')).toMatchObject({ model_version: 1 })

    const events = await bench.events()
    const epochs = events.filter(({ metrics }) => metrics?.epoch !== undefined)
    expect(epochs.map(({ records_written }) => records_written)).toEqual(epochs.map(({ records_written }) => records_written).toSorted((a, b) => a - b))
    expect(epochs.at(-1)).toMatchObject({ records_total: 6, message: expect.stringMatching(/epoch \d of 3, loss .* s left/), checkpoint: [{ shard: 0, done: false }] })
    expect(events.at(-1)).toMatchObject({ status: 'finished', finished: true, records_written: 6, result: { hash: version.hash } })
    // What a resumed training would need is not kept for ever.
    const checkpoints: string[] = []
    for await (const { name } of bench.objects.list('checkpoints/')) checkpoints.push(name)
    expect(checkpoints).toEqual([])
  })

  it('comes to the same model wherever it is stopped, and registers one version', async () => {
    await bench.rows(plantedRows())
    await bench.graph()
    const undisturbed = await bench.run(await bench.plan({ queue_id: queueId('bbbbbb') }))
    const assignment = await bench.plan()
    for (const epoch of [1, 2, 5]) {
      const interrupted = bench.run(assignment, { onStop: (stop) => {
        const looking = setInterval(() => void bench.events().then((events) => {
          if (events.some((event) => event.queue_id === assignment.queue_id && (event.checkpoint?.[0]?.records ?? 0) >= epoch)) stop({ kind: 'terminated', signal: 'SIGTERM' })
        }), 5)
        return () => clearInterval(looking)
      } })
      expect((await interrupted).ended).toBe('terminated')
    }
    const resumed = await bench.run(assignment)
    expect(resumed.result!.result!.hash).toBe(undisturbed.result!.result!.hash)
    expect(resumed.result!.records_written).toBe(6)
    expect((await bench.registry.run('run-wf-all-train-gnn-5m-20250101-a1b2c3'))!.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
    // Once more, as after a death between registering and the last event: nothing changes.
    const again = await bench.run(assignment)
    expect(again.result!.result!.hash).toBe(resumed.result!.result!.hash)
    expect(await bench.registry.versions({ model: 'gnn-5m' })).toHaveLength(2)
  })

  it('promotes only what is better on the held-out bars, and says why', async () => {
    await bench.rows(plantedRows())
    await bench.graph()
    await bench.run(await bench.plan({ queue_id: queueId('aaaaaa') }))
    await bench.run(await bench.plan({ queue_id: queueId('bbbbbb') }, { seed: 7, epochs: 1 }))
    const second = (await bench.registry.version('gnn-5m', 2))!
    const [first] = await bench.registry.versions({ model: 'gnn-5m' }).then((versions) => versions.filter(({ version }) => version === 1))
    const better = second.scores.rank_ic!.value > first!.scores.rank_ic!.value
    expect(second.promotion).toMatchObject({ promoted: better, champion_before: 1, reason: expect.stringContaining('of the champion, version 1, on') })
    expect(await bench.registry.alias('gnn-5m', 'champion')).toMatchObject({ model_version: better ? 2 : 1 })
    // Equal is not better: the same training again.
    await bench.run(await bench.plan({ queue_id: queueId('cccccc') }))
    const third = (await bench.registry.version('gnn-5m', 3))!
    expect(third.hash).toBe(first!.hash)
    expect(third.promotion.promoted).toBe(false)
    expect(await bench.registry.alias('gnn-5m', 'challenger')).toMatchObject({ model_version: 3 })
  })

  it('gives a replay the same hash, and registers nothing', async () => {
    await bench.rows(plantedRows())
    const without = { inputs: [{ queue_id: 'wf-all-features_5m-20250101-a1b2c3', venue: 'binance', symbol: 'ALL', type: 'features_5m' as const, collection_name: 'all_features_5m', kafka_topic: 'x', from, to: from + bars * step }] }
    const outcome = await bench.run(await bench.plan(without))
    const replay = await bench.run(await bench.plan({ ...without, queue_id: queueId('dddddd'), replay_of: 'wf-a1b2c3' }))
    expect(replay.result!.result!.hash).toBe(outcome.result!.result!.hash)
    expect(await bench.registry.versions()).toHaveLength(1)
    expect(await bench.registry.runs()).toHaveLength(1)
  })
})

describe('what cannot be learnt from', () => {
  const flat = (symbol: string) => (row: FeatureRow): FeatureRow => (row.symbol === symbol ? { ...row, close: 5 } : row)
  it.each([
    ['a stage that is not planned', 'STAGE_INPUT_MISSING', async () => undefined, {}],
    ['too few bars', 'TOO_FEW_BARS', async () => bench.rows(plantedRows(90)), { to: from + 90 * step }],
    ['a range of which most is not stored', 'TOO_FEW_BARS', async () => bench.rows(plantedRows(90)), {}],
    ['a symbol without data', 'NO_DATA', async () => bench.rows(plantedRows().filter(({ symbol }) => symbol !== 'CCCUSDT')), {}],
    ['a constant price', 'CONSTANT_SERIES', async () => bench.rows(plantedRows().map(flat('BBBUSDT'))), {}],
    ['a value that is no number', 'BAD_TRAINING_DATA', async () => bench.rows(plantedRows().map((row, i) => (i === 300 ? { ...row, values: row.values.map(() => 'NaN' as never) } : row))), {}],
    ['no graph before the tuning part', 'STAGE_INPUT_MISSING', async () => {
      await bench.rows(plantedRows())
      await bench.graph({ endsAtBar: 220 })
    }, {}],
  ])('%s ends with %s', async (name, code, prepare, changes) => {
    await prepare()
    const assignment = await bench.plan(changes)
    if (name === 'a stage that is not planned') await bench.store.deleteKeys('stages', [assignment.queue_id])
    const outcome = await bench.run(assignment)
    expect(outcome).toMatchObject({ ended: 'failed', exitCode: 2, error: { code } })
    expect((await bench.events()).at(-1)).toMatchObject({ status: 'error', error: { code, retryable: false, message: expect.any(String) } })
    const run = await bench.registry.run('run-wf-all-train-gnn-5m-20250101-a1b2c3')
    if (name !== 'a stage that is not planned') expect(run).toMatchObject({ status: 'failed', message: expect.stringContaining(code) })
    expect(await bench.registry.versions()).toEqual([])
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { fitNormaliser } from '../normaliser.ts'
import { scoreForecasts } from '../score-forecasts.ts'
import { splitByShare } from '../time-split.ts'
import { describeBackends, nativeIsThere } from './backends-under-test.ts'
import { predictGnn } from './forecaster.ts'
import { hashOfGnn } from './model-file.ts'
import { openTensors } from './open-tensors.ts'
import { plantMarket, type PlantedMarket } from './planted-market.ts'
import type { Tensors } from './tensor-flow.ts'
import { trainGnn, type TrainedGnn, type TrainGnnInput } from './train-gnn.ts'

const window = 4
const assets = 8

function inputOf(tensors: Tensors, { panel, relations }: PlantedMarket, change: { graph?: boolean; encoder?: 'strided' | 'gru'; epochs?: number } = {}): TrainGnnInput {
  const { graph = true, encoder = 'strided', epochs = 6 } = change
  const split = splitByShare({ bars: panel.openTimes.length, window, horizon: 1, train: 0.6, validation: 0.2 })
  return {
    tensors, panel, split, seed: 5, relations: graph ? relations : { kinds: [], weights: [] }, normaliser: fitNormaliser(panel, split.train),
    architecture: { encoder, window, features: 3, hidden: 8, relationKinds: graph ? relations.kinds : [] },
    training: { epochs, patience: 3, batchBars: 16, learningRate: 0.01, rankingWeight: 1 },
  }
}

/** Information coefficient on the test part. */
async function testIc(input: TrainGnnInput, { model }: TrainedGnn) {
  const { from, to } = input.split.test
  const forecast = await predictGnn(input.tensors, model, input.panel, input.relations, Array.from({ length: to - from }, (_, i) => from + i))
  const truth = input.panel.returns.slice(from * assets, to * assets)
  return scoreForecasts({ forecast, truth, assets, horizonBars: 1 }, { costBps: 0, bootstrap: { blockBars: 5, resamples: 400, seed: 1 } }).ic!
}

const market = plantMarket({ bars: 500, assets, seed: 3 })

describeBackends('training', (open) => {
  let tensors: Tensors
  beforeAll(async () => {
    tensors = await open()
  })

  it.each(['strided', 'gru'] as const)('finds by the graph what an asset follows, which no network finds without it: %s encoder', async (encoder) => {
    const [seeing, blind] = [inputOf(tensors, market, { encoder }), inputOf(tensors, market, { encoder, graph: false })]
    const [withGraph, without] = [await testIc(seeing, await trainGnn(seeing)), await testIc(blind, await trainGnn(blind))]
    expect(withGraph.value).toBeGreaterThan(0.3)
    expect(withGraph.low).toBeGreaterThan(without.high)
    expect(without.low).toBeLessThan(0)
  })

  it('finds nothing where outcomes are shuffled', async () => {
    const input = inputOf(tensors, plantMarket({ bars: 500, assets, seed: 3, shuffled: true }), { epochs: 4 })
    const ic = await testIc(input, await trainGnn(input))
    expect(ic.low).toBeLessThan(0)
    expect(ic.value).toBeLessThan(0.1)
  })

  it('comes to the same bits after a kill as undisturbed, and again', async () => {
    const whole = await trainGnn(inputOf(tensors, market, { epochs: 4 }))
    const killer = new AbortController()
    let kept: Uint8Array | undefined
    const checkpoints = { read: () => Promise.resolve(kept), write: (bytes: Uint8Array) => { kept = bytes; return Promise.resolve() } }
    const first = { ...inputOf(tensors, market, { epochs: 4 }), checkpoints, signal: killer.signal, onEpoch: ({ epoch }: { epoch: number }) => { if (epoch === 2) killer.abort(new Error('killed')) } }
    await expect(trainGnn(first)).rejects.toThrow('killed')
    const epochs: number[] = []
    const resumed = await trainGnn({ ...inputOf(tensors, market, { epochs: 4 }), checkpoints, onEpoch: ({ epoch }) => { epochs.push(epoch) } })
    expect(epochs).toEqual([3, 4])
    expect(hashOfGnn(resumed.model)).toBe(hashOfGnn(whole.model))
    expect(resumed.history).toEqual(whole.history)
    expect(resumed.model.interval).toEqual(whole.model.interval)
  })

  it('begins anew from a checkpoint that is cut off, or of another training', async () => {
    const whole = await trainGnn(inputOf(tensors, market, { epochs: 1 }))
    let kept: Uint8Array | undefined
    await trainGnn({ ...inputOf(tensors, market, { epochs: 1 }), checkpoints: { read: () => Promise.resolve(undefined), write: (bytes) => { kept = bytes; return Promise.resolve() } } })
    const told: string[] = []
    const from = (bytes: Uint8Array, seed: number) => ({
      ...inputOf(tensors, market, { epochs: 1 }), seed,
      checkpoints: { read: () => Promise.resolve(bytes), write: () => Promise.resolve(), onDiscarded: (reason: string) => told.push(reason) },
    })
    const again = await trainGnn(from(kept!.subarray(0, -40), 5))
    await trainGnn(from(kept!, 6))
    await trainGnn(from(Buffer.from('nothing of the kind'), 5))
    expect(hashOfGnn(again.model)).toBe(hashOfGnn(whole.model))
    expect(told).toEqual(['it is cut off or altered', 'it is of other data, another configuration or another backend', 'it is not a checkpoint'])
  })

  it('lets other work go on, reports each epoch, and leaves no tensors behind', async () => {
    let turns = 0
    const timer = setInterval(() => { turns++ }, 0)
    const before = tensors.tf.memory().numTensors
    const seen: { epoch: number; epochs: number; etaSeconds: number }[] = []
    const { history, bestEpoch } = await trainGnn({ ...inputOf(tensors, market, { epochs: 3 }), onEpoch: (progress) => { seen.push(progress) } })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
    expect(tensors.tf.memory().numTensors).toBe(before)
    expect(seen.map(({ epoch, epochs }) => `${epoch}/${epochs}`)).toEqual(['1/3', '2/3', '3/3'])
    expect(seen[2]!.etaSeconds).toBe(0)
    expect(history.map(({ metrics }) => Object.keys(metrics).sort())).toEqual(Array(3).fill(['directional_accuracy', 'ic', 'loss', 'mrr', 'mse', 'rank_ic']))
    expect(history[2]!.loss).toBeLessThan(history[0]!.loss)
    expect(history[bestEpoch - 1]!.metrics.loss).toBe(Math.min(...history.map(({ metrics }) => metrics.loss!)))
  })
})

describe('bad input', () => {
  let tensors: Tensors
  beforeAll(async () => {
    tensors = await openTensors({ prefer: 'wasm' })
  })

  it('is refused with a code: relations that are missing, of another size, or not numbers', async () => {
    const input = inputOf(tensors, market)
    const weights = market.relations.weights[0]!
    const wrong = [{ kinds: ['sector'], weights: [weights] }, { kinds: ['lead_lag'], weights: [weights.slice(1)] }, { kinds: ['lead_lag'], weights: [weights.map((w, i) => (i === 7 ? NaN : w))] }]
    for (const relations of wrong) await expect(trainGnn({ ...input, relations })).rejects.toMatchObject({ code: 'MODEL_MISMATCH' })
  })

  it('is refused with a code: no known outcome', async () => {
    const input = inputOf(tensors, market)
    const panel = { ...market.panel, returns: market.panel.returns.map(() => NaN) }
    await expect(trainGnn({ ...input, panel })).rejects.toMatchObject({ code: 'BAD_TRAINING_DATA' })
  })

  it('is survived: assets that are absent, features and outcomes that are not known', async () => {
    const { panel } = plantMarket({ bars: 500, assets, seed: 3 })
    for (let i = 0; i < panel.returns.length; i += 7) panel.returns[i] = NaN
    for (let i = 0; i < panel.features.length; i += 5) panel.features[i] = NaN
    for (let t = 0; t < 500; t++) if (t % 3 === 0) panel.features.fill(NaN, (t * assets + 2) * 3, (t * assets + 3) * 3)
    const input = inputOf(tensors, { ...market, panel }, { epochs: 3 })
    const trained = await trainGnn(input)
    expect(trained.history.every(({ loss }) => Number.isFinite(loss))).toBe(true)
    const forecast = await predictGnn(tensors, trained.model, panel, market.relations, [2, 3, 300, 301])
    const none = [...forecast].map(Number.isNaN)
    // The window of bar 2 is not complete; asset 2 is absent in bars 3 and 300.
    expect(none.map((nothing, i) => (nothing ? i : -1)).filter((i) => i >= 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, assets + 2, 2 * assets + 2])
  })
})

it.skipIf(!nativeIsThere)('native and WebAssembly come to nearly the same', async () => {
  const losses: number[][] = []
  for (const prefer of ['native', 'wasm'] as const) {
    const tensors = await openTensors({ prefer })
    const { history } = await trainGnn(inputOf(tensors, market, { epochs: 2 }))
    losses.push(history.flatMap(({ loss, metrics }) => [loss, metrics.loss!]))
  }
  losses[0]!.forEach((loss, i) => expect(loss).toBeCloseTo(losses[1]![i]!, 3))
})

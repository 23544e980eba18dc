import type { ModelVersion, Signal, StageSpec } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import type { WorkerContext, WorkerResult } from '@streamforge/service'
import { type AgentModel, loadAgent } from './agent-model.ts'
import { type Champion, openChampion } from './champion.ts'
import { followFeatures, type FollowOptions } from './follow-features.ts'
import { openSignalRun } from './signal-run.ts'
import { signalStage, type SignalStage } from './signal-stage.ts'
import { readSignals } from './signals-before.ts'

export interface SignalOptions extends FollowOptions {
  registry: ModelRegistry
  onModel?: (version: number, ready: boolean) => void
  onSignals?: (signals: readonly Signal[]) => void
}

/**
 * Lets the champion agent of each symbol trade on paper, bar by bar, until the worker is stopped. Its account goes on from the last signal that is on the
 * topic or stored, so that no bar has two signals and none is left out.
 * @throws StreamForgeError STAGE_INPUT_MISSING, BAD_REQUEST, NOT_FOUND without a champion, MODEL_CORRUPT, MODEL_MISMATCH; of the bus and the store
 */
export async function signalQueue(worker: WorkerContext<unknown>, spec: StageSpec, options: SignalOptions): Promise<WorkerResult> {
  const stage = signalStage(spec)
  const { bus } = worker
  const store = await worker.store()
  const notices = new Map<string, string>()
  const champions = new Map<string, Champion<AgentModel>>()
  try {
    for (const symbol of spec.symbols) champions.set(symbol, await openAgent(worker, stage, symbol, options, (text) => void notices.set(symbol, text)))
    const before = await readSignals(bus, store, stage, worker)
    const run = openSignalRun({
      worker, bus, store, stage, champions, made: before.newest, count: before.count, notice: () => [...notices.values()].join(''),
      ...(options.onSignals && { onSignals: options.onSignals }),
    })
    await followFeatures(run, options)
    return run.progress()
  } finally {
    for (const champion of champions.values()) champion.close()
  }
}

function openAgent(
  { log }: WorkerContext<unknown>, stage: SignalStage, symbol: string, { registry, onModel }: SignalOptions, onNotice: (text: string) => void,
): Promise<Champion<AgentModel>> {
  const model = stage.modelOf(symbol)
  const loader = { registry, symbol, interval: stage.spec.interval, featureSet: stage.featureSet }
  return openChampion({
    registry, model, log, load: (version: ModelVersion) => loadAgent(loader, version),
    onReady: ({ version }) => {
      log.info({ model, version }, 'agent ready')
      onNotice('')
      onModel?.(version, true)
    },
    onRefused: (error, version) => {
      log.error({ err: error, code: error.code, remedy: error.remedy, model, version }, 'the new champion cannot be used; the agent before goes on')
      onNotice(`; version ${version} of ${model} was made champion and cannot be used: ${error.code}: ${error.message}`)
      onModel?.(version, false)
    },
  })
}

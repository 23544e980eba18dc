import type { LivePayload, ModelList, TrainingRun } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { readModels, readTrainingRuns } from '../read/read-models.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { ChannelSource, Publish } from './share-channel.ts'

const shownRuns = 50
const shownVersions = 200

/** Models and training runs: first as they are, then the runs that have gone on, epoch by epoch, and the models when they have changed. */
export function followModels(store: Store, publish: Publish): ChannelSource {
  let known: { models: ModelList; runs: TrainingRun[] } = { models: { versions: [], aliases: [] }, runs: [] }
  const payload = ({ models, runs }: typeof known, whole: boolean): LivePayload => ({ kind: 'models', ...models, runs, whole })
  const refresh = oneAtATime(async () => {
    const before = known
    const [models, runs] = await Promise.all([readModels(store, { limit: shownVersions }), readTrainingRuns(store, { limit: shownRuns })])
    known = { models, runs }
    const seen = new Map(before.runs.map((run) => [run.run_id, state(run)]))
    const changed = runs.filter((run) => seen.get(run.run_id) !== state(run))
    if (changed.length || stateOfModels(before.models) !== stateOfModels(models)) publish(payload({ models, runs: changed }, false))
  })
  return {
    refresh,
    async answer() {
      await refresh()
      return () => payload(known, true)
    },
    close: () => undefined,
  }
}

const state = ({ status, epochs, message, finished_at }: TrainingRun) => `${status} ${epochs.length} ${epochs.at(-1)?.at} ${finished_at} ${message}`
const stateOfModels = ({ versions, aliases }: ModelList) => [...versions.map(({ _key }) => _key), ...aliases.map(({ _key, version }) => `${_key}:${version}`)].join(' ')

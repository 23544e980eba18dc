import { type ModelVersion, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import type { Logger } from 'pino'
import type { ForecastModel } from './forecast-model.ts'

/** The model that forecasts now. */
export interface Champion {
  /** The model for the next bar; call it once a bar. A new champion that is ready takes over here, and nowhere else. */
  forBar(): ForecastModel
  /** Looks whether another version was made champion, and makes it ready. What cannot be used is told, and the old one goes on. */
  follow(): Promise<void>
  close(): void
}

export interface ChampionOptions {
  registry: Pick<ModelRegistry, 'alias' | 'version'>
  model: string
  load: (version: ModelVersion) => Promise<ForecastModel>
  log: Logger
  /** Told of a champion that cannot be used, once. */
  onRefused: (error: StreamForgeError, version: number) => void
  onReady: (version: ModelVersion) => void
}

/** Begins with the champion of now. @throws StreamForgeError NOT_FOUND when there is none; what loading it throws */
export async function openChampion(options: ChampionOptions): Promise<Champion> {
  const first = await championVersion(options)
  if (!first) {
    throw new StreamForgeError('NOT_FOUND', `model ${options.model} has no champion: nothing can forecast`, { remedy: 'train it, or promote one of its versions' })
  }
  let current = await options.load(first)
  options.onReady(first)
  let next: ForecastModel | undefined
  /** Looked at last, whatever became of it. */
  let seen = first.version
  return {
    forBar() {
      if (next) {
        options.log.info({ model: options.model, version: next.version.version, before: current.version.version }, 'another model forecasts from this bar on')
        current.dispose()
        current = next
        next = undefined
      }
      return current
    },
    async follow() {
      const version = await championVersion(options)
      if (!version || version.version === seen) return
      const loaded = version.version === current.version.version ? undefined : await tryLoad(options, version)
      if (loaded === 'later') return
      seen = version.version
      if (loaded === 'refused') return
      next?.dispose()
      next = loaded
      if (loaded) options.onReady(version)
    },
    close() {
      next?.dispose()
      current.dispose()
    },
  }
}

async function championVersion({ registry, model }: ChampionOptions): Promise<ModelVersion | undefined> {
  const alias = await registry.alias(model, 'champion')
  return alias && await registry.version(model, alias.model_version)
}

async function tryLoad({ load, onRefused }: ChampionOptions, version: ModelVersion): Promise<ForecastModel | 'refused' | 'later'> {
  try {
    return await load(version)
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    // A store or registry that is away comes back; the version is looked at again then.
    if (error.retryable) return 'later'
    onRefused(error, version.version)
    return 'refused'
  }
}

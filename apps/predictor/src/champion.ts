import { type ModelVersion, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import type { Logger } from 'pino'

/** A registered version that is ready to be used. */
export interface ReadyModel {
  readonly version: ModelVersion
  dispose(): void
}

/** The model that forecasts or trades now. */
export interface Champion<M extends ReadyModel> {
  /** The model for the next bar; call it once a bar. A new champion that is ready takes over here, and nowhere else. */
  forBar(): M
  /** Looks whether another version was made champion, and makes it ready. What cannot be used is told, and the old one goes on. */
  follow(): Promise<void>
  close(): void
}

export interface ChampionOptions<M extends ReadyModel> {
  registry: Pick<ModelRegistry, 'alias' | 'version'>
  model: string
  load: (version: ModelVersion) => Promise<M>
  log: Logger
  /** Told of a champion that cannot be used, once. */
  onRefused: (error: StreamForgeError, version: number) => void
  onReady: (version: ModelVersion) => void
}

/** Begins with the champion of now. @throws StreamForgeError NOT_FOUND when there is none; what loading it throws */
export async function openChampion<M extends ReadyModel>(options: ChampionOptions<M>): Promise<Champion<M>> {
  const first = await championVersion(options)
  if (!first) {
    throw new StreamForgeError('NOT_FOUND', `model ${options.model} has no champion: nothing can be done without one`, { remedy: 'train it, or promote one of its versions' })
  }
  let current = await options.load(first)
  options.onReady(first)
  let next: M | undefined
  /** Looked at last, whatever became of it. */
  let seen = first.version
  return {
    forBar() {
      if (next) {
        options.log.info({ model: options.model, version: next.version.version, before: current.version.version }, 'another model goes on from this bar')
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

async function championVersion<M extends ReadyModel>({ registry, model }: ChampionOptions<M>): Promise<ModelVersion | undefined> {
  const alias = await registry.alias(model, 'champion')
  return alias && await registry.version(model, alias.model_version)
}

async function tryLoad<M extends ReadyModel>({ load, onRefused }: ChampionOptions<M>, version: ModelVersion): Promise<M | 'refused' | 'later'> {
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

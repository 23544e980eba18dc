import type { ModelAlias, ModelVersion, StoredModelAlias, TrainingRun } from '@streamforge/contracts'

/** What training hands over; the registry gives it a version, a path and the checksums of its files. */
export type NewModelVersion = Omit<ModelVersion, '_key' | 'version' | 'path' | 'files'>

export interface ModelFile {
  name: string
  content: Uint8Array
}

/**
 * The model registry port: training runs, registered versions with their files, and aliases. Two adapters implement it, documents in the store with
 * files in the object store, and the same beside an MLflow server; both pass the suite in registry-contract.ts.
 */
export interface ModelRegistry {
  readonly kind: 'embedded' | 'mlflow'
  /** Writes a run as it stands now; call it at the start, after each epoch and at the end. Repeating it changes nothing. */
  saveRun(run: TrainingRun): Promise<TrainingRun>
  run(runId: string): Promise<TrainingRun | undefined>
  /** Newest first. */
  runs(query?: { model?: string; limit?: number }): Promise<TrainingRun[]>
  /** Stores the files, then the version. A run has one version: registering it again (after a crash, or by two at once) gives back the first. */
  registerVersion(version: NewModelVersion, files: readonly ModelFile[]): Promise<ModelVersion>
  version(model: string, version: number): Promise<ModelVersion | undefined>
  versionOfRun(runId: string): Promise<ModelVersion | undefined>
  /** Newest first. */
  versions(query?: { model?: string; limit?: number }): Promise<ModelVersion[]>
  /**
   * A file of a version, checked against its checksum.
   * @throws StreamForgeError MODEL_CORRUPT when it is missing, cut off or changed
   */
  file(version: ModelVersion, name: string): Promise<Buffer>
  alias(model: string, alias: ModelAlias): Promise<StoredModelAlias | undefined>
  aliases(model?: string): Promise<StoredModelAlias[]>
  /**
   * Lets an alias stand for a version. With `expected` (undefined in it: none yet) only if the alias still stands for that one; resolves false otherwise.
   * @throws StreamForgeError NOT_FOUND for a version that is not registered
   */
  setAlias(change: AliasChange): Promise<boolean>
}

export interface AliasChange {
  model: string
  alias: ModelAlias
  version: number
  reason: string
  expected?: { version: number | undefined }
}

export const collections = { runs: 'training_runs', versions: 'model_versions', aliases: 'model_aliases' } as const

/** Where a run's files lie in the object store. */
export const modelPath = (model: string, runId: string) => `models/${model}/${runId}`
export const versionKey = (model: string, version: number) => `${model}_v${version}`
export const aliasKey = (model: string, alias: ModelAlias) => `${model}_${alias}`

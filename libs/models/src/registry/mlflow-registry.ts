import { StreamForgeError, type ModelAlias, type ModelVersion, type StoredModelAlias, type TrainingRun } from '@streamforge/contracts'
import { type EmbeddedRegistryOptions, openEmbeddedRegistry } from './embedded-registry.ts'
import { type MlflowClient, mlflowClient, type MlflowOptions } from './mlflow-client.ts'
import { logRun } from './mlflow-runs.ts'
import type { AliasChange, ModelRegistry } from './model-registry.ts'

interface MlflowVersion {
  name: string
  /** A number as text, MLflow's own. */
  version: string
  tags?: { key: string; value: string }[]
}

/** Model versions in MLflow carry our number, since a server that came later counts from 1. */
const versionTag = 'streamforge.version'

/**
 * The embedded registry with an MLflow server beside it: runs with parameters and metrics, registered models, versions and aliases are in both.
 * Documents and files stay here, where the rest of StreamForge reads them; of the aliases MLflow's are the truth, so that a promotion made on
 * its pages counts.
 * @throws StreamForgeError REGISTRY_UNAVAILABLE from every method while MLflow does not answer
 */
export async function openMlflowRegistry(options: EmbeddedRegistryOptions & { mlflow: MlflowOptions }): Promise<ModelRegistry> {
  const documents = await openEmbeddedRegistry(options)
  const client = mlflowClient(options.mlflow)
  return {
    ...documents,
    kind: 'mlflow',
    async saveRun(run) {
      const before = await documents.run(run.run_id)
      const mlflow_run_id = await logRun(client, run, before)
      return documents.saveRun({ ...run, mlflow_run_id })
    },
    async registerVersion(version, files) {
      const registered = await documents.registerVersion(version, files)
      await createVersion(client, registered, await documents.run(version.run_id))
      return registered
    },
    alias: (model, alias) => followAlias(client, documents, model, alias),
    async aliases(model) {
      const known = await documents.aliases(model)
      const followed = await Promise.all(known.map((document) => followAlias(client, documents, document.model, document.alias)))
      return followed.filter((document) => document !== undefined)
    },
    async setAlias(change) {
      await followAlias(client, documents, change.model, change.alias)
      if (!await documents.setAlias(change)) return false
      await setAlias(client, change)
      return true
    },
  }
}

async function createVersion(client: MlflowClient, version: ModelVersion, run: TrainingRun | undefined): Promise<void> {
  const { model, path, run_id } = version
  if (await findVersion(client, model, version.version)) return
  if (!await client.find('registered-models/get', { name: model })) {
    await client.post('registered-models/create', { name: model, description: `StreamForge: forecasts of ${version.interval} bars` }).catch(unlessThere)
  }
  await client.post('model-versions/create', {
    name: model, source: `streamforge-objects:/${path}`, ...(run?.mlflow_run_id && { run_id: run.mlflow_run_id }),
    description: version.promotion.reason,
    tags: Object.entries({ [versionTag]: version.version, 'streamforge.run_id': run_id, 'streamforge.hash': version.hash, 'streamforge.promoted': version.promotion.promoted })
      .map(([key, value]) => ({ key, value: String(value) })),
  })
}

/** Somebody else may have made it since the look, or an answer was lost on its way. */
function unlessThere(error: unknown): void {
  if (!(error instanceof StreamForgeError && error.details.error_code === 'RESOURCE_ALREADY_EXISTS')) throw error
}

async function findVersion(client: MlflowClient, model: string, version: number): Promise<MlflowVersion | undefined> {
  const quoted = `name='${model}' and tags.\`${versionTag}\` = '${version}'`
  const { model_versions = [] } = await client.get<{ model_versions?: MlflowVersion[] }>('model-versions/search', { filter: quoted, max_results: '1' })
  return model_versions[0]
}

async function setAlias(client: MlflowClient, { model, alias, version }: AliasChange): Promise<void> {
  const found = await findVersion(client, model, version)
  // A version of the time before there was an MLflow server has no twin there; its alias is kept here only.
  if (found) await client.post('registered-models/alias', { name: model, alias, version: found.version })
}

/** What MLflow says the alias stands for; where it has been changed there, it is changed here too. */
async function followAlias(client: MlflowClient, documents: ModelRegistry, model: string, alias: ModelAlias): Promise<StoredModelAlias | undefined> {
  const here = await documents.alias(model, alias)
  const there = await aliasedVersion(client, model, alias)
  if (there === undefined || there === here?.model_version) return here
  await documents.setAlias({ model, alias, version: there, reason: 'changed in MLflow', expected: { version: here?.model_version } })
  return documents.alias(model, alias)
}

async function aliasedVersion(client: MlflowClient, model: string, alias: ModelAlias): Promise<number | undefined> {
  const registered = await client.find<{ registered_model: { aliases?: { alias: string; version: string }[] } }>('registered-models/get', { name: model })
  const version = registered?.registered_model.aliases?.find((entry) => entry.alias === alias)?.version
  if (version === undefined) return undefined
  const { model_version } = await client.get<{ model_version: MlflowVersion }>('model-versions/get', { name: model, version })
  const ours = Number(model_version.tags?.find(({ key }) => key === versionTag)?.value)
  return Number.isInteger(ours) ? ours : undefined
}

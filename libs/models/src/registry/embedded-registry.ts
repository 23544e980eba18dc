import { type ModelVersion, type StoredModelAlias, StreamForgeError, toStreamForgeError, type TrainingRun } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'
import type { Store, StoredDocument } from '@streamforge/store'
import { createHash } from 'node:crypto'
import { type AliasChange, aliasKey, collections, type ModelFile, modelPath, type ModelRegistry, type NewModelVersion, versionKey } from './model-registry.ts'

export interface EmbeddedRegistryOptions {
  store: Store
  objects: ObjectStore
  /** Milliseconds since the epoch. */
  now: () => number
}

/** The registry in the document store, with files in the object store. @throws StreamForgeError STORE_UNAVAILABLE */
export async function openEmbeddedRegistry({ store, objects, now }: EmbeddedRegistryOptions): Promise<ModelRegistry> {
  await store.ensureCollection(collections.runs, { indexes: [['model', 'started_at'], ['started_at']] })
  await store.ensureCollection(collections.versions, { indexes: [['model', 'version'], ['created_at'], ['run_id']] })
  await store.ensureCollection(collections.aliases, { indexes: [['model']] })

  const ofRun = (runId: string) => store.find<ModelVersion & StoredDocument>(collections.versions, { where: { run_id: runId }, sort: [{ field: 'version', direction: 'asc' }] })

  return {
    kind: 'embedded',
    async saveRun(run) {
      await store.writeBatch(collections.runs, [{ ...run, _key: run.run_id }])
      return run
    },
    run: (runId) => store.get<TrainingRun & StoredDocument>(collections.runs, runId),
    runs: ({ model, limit = 100 } = {}) => store.find<TrainingRun & StoredDocument>(collections.runs, {
      ...(model !== undefined && { where: { model } }), sort: [{ field: 'started_at', direction: 'desc' }], limit,
    }),
    async registerVersion(version, files) {
      const [registered] = await ofRun(version.run_id)
      if (registered) return registered
      const document = { ...version, ...await putFiles(objects, version, files) }
      const written = await writeNextVersion(store, document)
      return keepFirst(store, written, await ofRun(version.run_id))
    },
    version: (model, version) => store.get<ModelVersion & StoredDocument>(collections.versions, versionKey(model, version)),
    versionOfRun: async (runId) => (await ofRun(runId))[0],
    versions: ({ model, limit = 100 } = {}) => store.find<ModelVersion & StoredDocument>(collections.versions, {
      ...(model !== undefined && { where: { model } }), sort: [{ field: model === undefined ? 'created_at' : 'version', direction: 'desc' }], limit,
    }),
    file: (version, name) => readChecked(objects, version, name),
    alias: (model, alias) => store.get<StoredModelAlias & StoredDocument>(collections.aliases, aliasKey(model, alias)),
    aliases: (model) => store.find<StoredModelAlias & StoredDocument>(collections.aliases, model === undefined ? {} : { where: { model } }),
    setAlias: (change) => setAlias(store, change, now),
  }
}

async function putFiles(objects: ObjectStore, { model, run_id }: NewModelVersion, files: readonly ModelFile[]): Promise<Pick<ModelVersion, 'path' | 'files'>> {
  const path = modelPath(model, run_id)
  const stored: ModelVersion['files'] = []
  for (const { name, content } of files) {
    const { size, checksum } = await objects.put(`${path}/${name}`, content, { 'run-id': run_id })
    stored.push({ name, bytes: size, sha256: checksum })
  }
  return { path, files: stored }
}

/** Takes the next free number; another training may take it at the same moment, then the one after. */
async function writeNextVersion(store: Store, document: Omit<ModelVersion, '_key' | 'version'>): Promise<ModelVersion> {
  const { model } = document
  for (;;) {
    const [newest] = await store.find<ModelVersion & StoredDocument>(collections.versions, { where: { model }, sort: [{ field: 'version', direction: 'desc' }], limit: 1 })
    const version = (newest?.version ?? 0) + 1
    const numbered: ModelVersion = { ...document, version, _key: versionKey(model, version) }
    if (await store.compareAndSet(collections.versions, numbered, 0)) return numbered
  }
}

/** Two workers of one run may have registered it at once: both see that here, and the later number goes. */
async function keepFirst(store: Store, written: ModelVersion, ofRun: readonly ModelVersion[]): Promise<ModelVersion> {
  const first = ofRun[0] ?? written
  if (first.version !== written.version) await store.deleteKeys(collections.versions, [written._key])
  return first
}

async function readChecked(objects: ObjectStore, version: ModelVersion, name: string): Promise<Buffer> {
  const described = version.files.find((file) => file.name === name)
  const where = `${name} of ${version.model} version ${version.version}`
  const corrupt = (what: string, cause?: unknown) => new StreamForgeError('MODEL_CORRUPT', `${where} ${what}`, {
    cause, remedy: 'roll back to an earlier version, or train again', details: { model: version.model, version: version.version, file: name },
  })
  if (!described) throw corrupt('is not among its files')
  const content = await objects.get(`${version.path}/${name}`).catch((error: unknown) => {
    throw toStreamForgeError(error).code === 'OBJECT_NOT_FOUND' ? corrupt('is missing in the object store', error) : error
  })
  const checksum = `sha256:${createHash('sha256').update(content).digest('hex')}`
  if (content.length !== described.bytes) throw corrupt(`has ${content.length} bytes; ${described.bytes} are expected`)
  if (checksum !== described.sha256) throw corrupt('was changed: its checksum is another')
  return content
}

async function setAlias(store: Store, change: AliasChange, now: () => number): Promise<boolean> {
  const { model, alias, version, reason, expected } = change
  if (!await store.get(collections.versions, versionKey(model, version))) {
    throw new StreamForgeError('NOT_FOUND', `${model} has no version ${version}`, { remedy: 'GET /api/models lists the versions', details: { model, version } })
  }
  for (;;) {
    const current = await store.get<StoredModelAlias & StoredDocument>(collections.aliases, aliasKey(model, alias))
    if (expected && current?.model_version !== expected.version) return current?.model_version === version
    if (current?.model_version === version) return true
    const document: StoredModelAlias = {
      _key: aliasKey(model, alias), model, alias, model_version: version, version: (current?.version ?? 0) + 1, changed_at: now(), reason,
    }
    if (await store.compareAndSet(collections.aliases, document, current?.version ?? 0)) return true
  }
}

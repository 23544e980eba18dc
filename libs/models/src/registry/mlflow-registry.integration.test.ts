import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFolderObjects } from '@streamforge/objects'
import { mlflowAvailable, type MlflowServer, mlflowVersion, startMlflow } from '@streamforge/servers'
import { openEmbeddedStore } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEmbeddedRegistry } from './embedded-registry.ts'
import { mlflowClient } from './mlflow-client.ts'
import { openMlflowRegistry } from './mlflow-registry.ts'
import { exampleRun, exampleVersion, registryContract } from './registry-contract.ts'

const available = await mlflowAvailable()
const why = available.ok ? '' : ` (skipped: ${available.reason})`

/** Store and objects of a test's own, and a registry beside the server given. */
async function openBeside(url: () => string) {
  const directory = await mkdtemp(join(tmpdir(), 'sf-mlflow-'))
  const store = await openEmbeddedStore({ file: join(directory, 'store.db') })
  const objects = await openFolderObjects({ directory: join(directory, 'objects') })
  let now = Date.UTC(2024, 0, 1)
  const options = { store, objects, now: () => now++ }
  return {
    objects,
    open: () => openMlflowRegistry({ ...options, mlflow: { url: url() } }),
    openEmbedded: () => openEmbeddedRegistry(options),
    dispose: async () => {
      await store.close()
      await objects.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

describe.skipIf(!available.ok)(`a real MLflow server ${mlflowVersion}${why}`, () => {
  let server: MlflowServer
  let subject: Awaited<ReturnType<typeof openBeside>>
  beforeAll(async () => {
    server = await startMlflow()
    subject = await openBeside(() => server.url)
  }, 600_000)
  afterAll(async () => {
    await subject?.dispose()
    await server?.stop()
  })

  registryContract('MLflow', () => openBeside(() => server.url))

  it('holds the run with its parameters, its learning curve and its scores', async () => {
    const registry = await subject.open()
    const at = Date.UTC(2024, 7, 1)
    const epochs = [1, 2, 3].map((epoch) => ({ epoch, epochs: 3, loss: 1 / epoch, metrics: { validation_rank_ic: epoch / 10 }, seconds: 1, at: at + epoch }))
    const run = exampleRun('gnn-shown', 'shown')
    await registry.saveRun({ ...run, epochs: epochs.slice(0, 1) })
    await registry.saveRun({ ...run, epochs, status: 'finished', finished_at: at + 99, scores: { gnn: { ic: { value: 0.1, low: -0.1, high: 0.3 } } } })
    const { mlflow_run_id: run_id } = (await registry.run('run-shown'))!
    const client = mlflowClient({ url: server.url })
    const shown = await client.get<{ run: { info: { status: string }; data: { params: { key: string; value: string }[]; metrics: { key: string; value: number }[] } } }>('runs/get', { run_id: run_id! })
    expect(shown.run.info.status).toBe('FINISHED')
    expect(shown.run.data.params).toEqual(expect.arrayContaining([{ key: 'hidden', value: '32' }, { key: 'seed', value: '42' }]))
    expect(shown.run.data.metrics).toEqual(expect.arrayContaining([expect.objectContaining({ key: 'gnn.ic.high', value: 0.3 })]))
    const curve = await client.get<{ metrics: { step: number; value: number }[] }>('metrics/get-history', { run_id: run_id!, metric_key: 'loss' })
    expect(curve.metrics.map(({ step, value }) => [step, value])).toEqual([[1, 1], [2, 1 / 2], [3, 1 / 3]])
  })

  it('is followed when somebody promotes on its pages', async () => {
    const registry = await subject.open()
    await registry.saveRun(exampleRun('gnn-followed', 'followed-1'))
    for (const run of ['followed-1', 'followed-2']) await registry.registerVersion(exampleVersion('gnn-followed', run), [])
    await registry.setAlias({ model: 'gnn-followed', alias: 'champion', version: 1, reason: 'the first' })
    await mlflowClient({ url: server.url }).post('registered-models/alias', { name: 'gnn-followed', alias: 'champion', version: '2' })
    expect(await registry.alias('gnn-followed', 'champion')).toMatchObject({ model_version: 2, reason: 'changed in MLflow' })
    expect(await registry.aliases('gnn-followed')).toEqual([expect.objectContaining({ model_version: 2 })])
  })

  it('takes in a model whose first versions are from the time before it', async () => {
    const before = await subject.openEmbedded()
    await before.registerVersion(exampleVersion('gnn-older', 'older-1'), [])
    await before.setAlias({ model: 'gnn-older', alias: 'champion', version: 1, reason: 'the first' })
    const registry = await subject.open()
    const second = await registry.registerVersion(exampleVersion('gnn-older', 'older-2'), [])
    expect(second.version).toBe(2)
    expect(await registry.alias('gnn-older', 'champion')).toMatchObject({ model_version: 1 })
    expect(await registry.setAlias({ model: 'gnn-older', alias: 'champion', version: 2, reason: 'better', expected: { version: 1 } })).toBe(true)
    expect(await registry.alias('gnn-older', 'champion')).toMatchObject({ model_version: 2, reason: 'better' })
  })
})

describe('an MLflow server that is not well', () => {
  it('is told as unavailable, worth another attempt', async () => {
    let answer: [number, string] = [503, 'no']
    const server = createServer((_, response) => response.writeHead(answer[0]).end(answer[1])).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = mlflowClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, credentials: { token: 'hidden-token' } })
    await expect(client.post('runs/create', {})).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retryable: true })
    answer = [403, '{"error_code":"PERMISSION_DENIED","message":"not yours"}']
    const refused = await client.post('runs/create', {}).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining('not yours') })
    expect(JSON.stringify(refused)).not.toContain('hidden-token')
    server.close()
    server.closeAllConnections()
    await expect(client.get('runs/get', {})).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
  })
})

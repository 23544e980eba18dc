import type { CoverageCertificate, Workflow, WorkflowRequestInput } from '@streamforge/contracts'
import { connectBus } from '@streamforge/bus'
import { applyAccess } from '@streamforge/kafka-acls'
import { connectObjects } from '@streamforge/objects'
import {
  influxdbAvailable, influxdbVersion, kafkaAvailable, kafkaVersion, minioAvailable, minioVersion, mlflowAvailable, mlflowVersion,
  startInfluxdb, startKafka, startMinio, startMlflow, type InfluxdbServer, type KafkaServer, type MinioServer, type MlflowServer,
} from '@streamforge/servers'
import { connectStore, type Store } from '@streamforge/store'
import { connectTimeSeries } from '@streamforge/timeseries'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow, isComplete } from '../commands/watch.ts'
import { openApiClient, type ApiClient } from '../api-client.ts'
import { startPlatform, type Platform } from '../platform/platform.ts'

const unavailable = (await Promise.all([kafkaAvailable(), minioAvailable(), influxdbAvailable(), mlflowAvailable()])).find((answer) => !answer.ok)
const skipped = unavailable && !unavailable.ok ? ` (skipped: ${unavailable.reason})` : ''
const versions = `Kafka ${kafkaVersion} with SCRAM, TLS and ACLs, MinIO ${minioVersion}, InfluxDB ${influxdbVersion}, MLflow ${mlflowVersion}`
const day = 86_400_000
const symbols = ['LINKUSDT', 'LTCUSDT', 'XRPUSDT']
const adminPassword = 'the-admins-own'

interface Running {
  platform: Platform
  api: ApiClient
  store: Store
  close(): Promise<void>
}

/** A platform with the simulated exchange and, beside it, what carries records into the time series. */
async function startRunning(env: Record<string, string>, web: string): Promise<Running> {
  const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-servers-'))
  const platform = await startPlatform({
    dataDir, port: 0, dashboardPort: 0, exchange: { kind: 'simulator', reason: 'a test', data: undefined }, say: () => undefined,
    env: { SYMBOLS: symbols.join(','), WS_RATE: '100', MAX_ACTIVE_QUEUES: '3', BACKOFF_INITIAL_MS: '50', DASHBOARD_WEB_DIR: web, SERIES_POLL_MS: '100', ...env },
  })
  const store = await connectStore({ kind: 'embedded', file: join(dataDir, 'store.db') })
  return {
    platform, api: openApiClient(platform.url), store,
    close: async () => {
      await store.close()
      await platform.stop()
      if (!process.env.KEEP_DATA) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

async function train({ platform, api }: Running): Promise<Workflow> {
  const { serverTime } = await (await fetch(`${platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
  const to = Math.floor(serverTime / day) * day
  const request: WorkflowRequestInput = {
    symbols, types: ['api_candles_5m'], time_range: `${to - day}:${to}`,
    pipeline: { type: 'train_gnn', graph: { nearest: 1, kinds: ['correlation', 'sector'] }, training: { window_bars: 8, hidden: 4, epochs: 1, batch_bars: 64 } },
  }
  const { workflow_id: id } = await api.submit(request)
  const ended = await followWorkflow(api, id, { json: true })
  expect([ended.status, ended.reason]).toEqual(['finished', undefined])
  expect(isComplete(ended)).toBe(true)
  return ended
}

/** What is the same wherever it ran: of each queue the records' hash and number, and what a stage came to. */
const proofOf = ({ queues }: Workflow) => queues.map(({ symbol, type, certificate, result }) => ({
  symbol, type, rows: certificate?.rows_stored, checksum: certificate?.checksum, hash: result?.hash,
})).sort((a, b) => (`${a.type} ${a.symbol}` < `${b.type} ${b.symbol}` ? -1 : 1))

/** What services and workers said. */
async function logsOf(dataDir: string): Promise<{ name: string; services: string[]; text: string }[]> {
  const files = await Promise.all(['logs', 'jobs'].map(async (folder) => (await readdir(join(dataDir, folder))).filter((name) => name.endsWith('.log')).map((name) => join(folder, name))))
  return Promise.all(files.flat().filter((name) => !name.includes('exchange-simulator')).map(async (name) => {
    const text = await readFile(join(dataDir, name), 'utf8')
    return { name, text, services: [...new Set([...text.matchAll(/"service":"([\w-]+)"/g)].map((match) => match[1]!))] }
  }))
}

describe.skipIf(unavailable !== undefined)(`from a request to forecasts on ${versions}${skipped}`, () => {
  let kafka: KafkaServer
  let minio: MinioServer
  let influxdb: InfluxdbServer
  let mlflow: MlflowServer
  let directory: string
  let running: Running
  let trained: Workflow
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-users-'))
    ;[kafka, minio, influxdb, mlflow] = await Promise.all([startKafka({ security: { adminPassword, tls: true } }), startMinio(), startInfluxdb(), startMlflow()])
    await applyAccess({ brokers: kafka.brokers, clientId: 'admin', tls: { caFile: kafka.caFile! }, sasl: { mechanism: 'scram-sha-512', username: 'admin', password: adminPassword } }, directory)
    running = await startRunning({
      BUS: 'kafka', KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: kafka.caFile!, KAFKA_SASL_PASSWORD_DIR: directory,
      OBJECTS: 's3', S3_ENDPOINT: minio.url, S3_BUCKET: 'streamforge', S3_ACCESS_KEY: minio.accessKey, S3_SECRET_KEY: minio.secretKey,
      TIMESERIES: 'influx', INFLUX_URL: influxdb.url, INFLUX_ORG: influxdb.org, INFLUX_TOKEN: influxdb.token,
      MLFLOW_TRACKING_URI: mlflow.url,
    }, directory)
  }, 300_000)
  afterAll(async () => {
    await running?.close()
    await Promise.all([kafka, minio, influxdb, mlflow].map((server) => server?.stop()))
    if (directory) await rm(directory, { recursive: true })
  })
  const s3 = () => connectObjects({ kind: 's3', endpoint: minio.url, bucket: 'streamforge', accessKey: minio.accessKey, secretKey: minio.secretKey })

  it('comes to the same certificates and hashes as with nothing but Node', { timeout: 400_000 }, async () => {
    trained = await train(running)
    const embedded = await startRunning({}, directory)
    try {
      expect(proofOf(trained)).toEqual(proofOf(await train(embedded)))
      expect(proofOf(trained)).toHaveLength(symbols.length + 4)
    } finally {
      await embedded.close()
    }
  })

  it('keeps the model in the bucket, its version at MLflow, candles and forecasts in InfluxDB', { timeout: 120_000 }, async () => {
    const [version] = await running.store.find('model_versions', { where: { workflow_id: trained.workflow_id } })
    const objects = await s3()
    expect(await objects.stat(`${String(version!.path)}/weights.bin`)).toMatchObject({ metadata: { 'run-id': version!.run_id } })
    await objects.close()
    const registered = await fetch(`${mlflow.url}/api/2.0/mlflow/registered-models/get?name=${String(version!.model)}`)
    expect(await registered.json()).toMatchObject({ registered_model: { name: version!.model } })
    const series = await connectTimeSeries({ kind: 'influx', url: influxdb.url, token: influxdb.token, org: influxdb.org, bucket: 'streamforge' })
    const rows = async (measurement: 'candles' | 'forecasts') => (await series.query({ measurement, from: 0, to: Date.now() + 10 * 365 * day, limit: 10_000 })).length
    const stored = (type: string) => trained.queues.filter((queue) => queue.type === type).reduce((sum, queue) => sum + queue.certificate!.rows_stored, 0)
    await expect.poll(() => rows('candles'), { timeout: 60_000 }).toBe(stored('api_candles_5m'))
    await expect.poll(() => rows('forecasts'), { timeout: 60_000 }).toBeGreaterThan(0)
    await series.close()
  })

  it('follows a market live, and proves it complete when it is stopped', { timeout: 300_000 }, async () => {
    const { serverTime } = await (await fetch(`${running.platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
    const { workflow_id: id } = await running.api.submit({ symbols: [symbols[0]!], types: ['api_trades', 'ws_trades'], time_range: `${serverTime - 60_000}:` })
    const queue = async (type: string) => (await running.api.workflow(id)).queues.find((q) => q.type === type)
    await expect.poll(async () => (await queue('api_trades'))?.status, { timeout: 120_000 }).toBe('finished')
    await expect.poll(async () => (await queue('ws_trades'))?.jobs.find((job) => job.target === 'arango-connector')?.records_written ?? 0, { timeout: 120_000 }).toBeGreaterThan(200)
    await running.api.stop(id)
    const ended = await followWorkflow(running.api, id, { json: true })
    const [history, live] = ['api_trades', 'ws_trades'].map((type) => ended.queues.find((q) => q.type === type)!.certificate as CoverageCertificate)
    expect(history).toMatchObject({ complete: true, lost: 0, dead_lettered: 0 })
    expect(live).toMatchObject({ complete: true, lost: 0, dead_lettered: 0 })
  })

  it('worked as the users of its services alone: nobody was refused, and nothing was dead-lettered', async () => {
    const bus = await connectBus({
      kind: 'kafka', brokers: kafka.brokers, clientId: 'test', tls: { caFile: kafka.caFile! },
      sasl: { mechanism: 'scram-sha-512', username: 'cli', password: (await readFile(join(directory, 'cli'), 'utf8')).trim() },
    })
    const { partitions } = await bus.admin.describeTopic('dead-letters')
    expect(partitions.map(({ latest }) => latest)).toEqual([0n])
    await bus.close()
    const secrets = [adminPassword, minio.secretKey, influxdb.token, ...await Promise.all((await readdir(directory)).map(async (user) => (await readFile(join(directory, user), 'utf8')).trim()))]
    const logs = await logsOf(running.platform.dataDir)
    expect([...new Set(logs.flatMap(({ services }) => services))].sort()).toEqual([
      'arango-connector', 'dashboard', 'feed-connector', 'feed-fetcher', 'graph-builder', 'influx-connector', 'loader-api', 'loader-ws', 'predictor',
      'processor', 'queue-manager', 'sentiment', 'trainer',
    ])
    for (const { name, text } of logs) {
      expect(text, name).not.toMatch(/authoriz|AUTHORIZATION/)
      for (const secret of secrets) expect(text.includes(secret), name).toBe(false)
    }
  })
})

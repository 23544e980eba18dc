import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openAccess, openAuditLog } from '@streamforge/access'
import { deadLetterTopic } from '@streamforge/contracts'
import { ensureTopics } from '@streamforge/bus'
import { ratesOf } from '@streamforge/guards'
import { mlflowOptions, openModelRegistry } from '@streamforge/models'
import { runService } from '@streamforge/service'
import { Config } from './config.ts'
import { createServer } from './http/server.ts'
import { imageName } from './images.ts'
import { openLauncher } from './open-launcher.ts'
import { orchestratorMetrics } from './orchestrator/orchestrator-metrics.ts'
import { startOrchestrator } from './orchestrator/orchestrator.ts'
import { instrumentList } from './plan/instrument-list.ts'
import { startRetraining } from './retraining/start-retraining.ts'
import { writeRunFile } from './run-file.ts'

const hourMs = 3_600_000

await runService('queue-manager', Config, async ({ config, bus, store: connect, objects: connectObjects, log, metrics, tracing, now, random, setReady }) => {
  const store = await connect()
  await ensureTopics(bus)
  const dataDir = resolve(config.DATA_DIR)
  const launcher = await openLauncher(config, {
    dataDir, env: process.env, now, onFailure: (err, attempt) => log.warn({ err, attempt }, 'the cluster could not be followed; trying again'),
  })
  const instruments = instrumentList({
    now,
    urls: {
      binance: { rest: config.BINANCE_REST_URL, archive: config.BINANCE_ARCHIVE_URL },
      coinbase: { rest: config.COINBASE_REST_URL },
    },
  })
  const orchestrator = await startOrchestrator({
    bus, store, launcher, instruments, log, now, random, metrics: orchestratorMetrics(metrics),
    newSuffix: () => randomBytes(3).toString('hex'),
    maxActiveQueues: config.MAX_ACTIVE_QUEUES, maxLiveQueues: config.MAX_LIVE_QUEUES, liveGroupSize: config.LIVE_GROUP_SIZE, maxActiveStages: config.MAX_ACTIVE_STAGES, dataPartitions: config.DATA_PARTITIONS,
    topicRetentionMs: config.TOPIC_RETENTION_HOURS * hourMs, deadLetterRetentionMs: deadLetterTopic.retentionMs,
    liveTopicRetentionMs: config.LIVE_TOPIC_RETENTION_HOURS * hourMs,
    policy: {
      backoffInitialMs: config.BACKOFF_INITIAL_MS, backoffMaxMs: config.BACKOFF_MAX_MS, silenceMs: config.SILENCE_MS,
      launchTimeoutMs: config.LAUNCH_TIMEOUT_MS, cancelGraceMs: config.CANCEL_GRACE_MS, loaderStopMs: config.LOADER_STOP_MS, connectorStopMs: config.CONNECTOR_STOP_MS,
      imageFor: imageName(config.IMAGE_REGISTRY, config.IMAGE_VERSION),
    },
  })
  const objects = await connectObjects()
  const models = await openModelRegistry({ store, objects, now, mlflow: mlflowOptions(config) })
  const retraining = startRetraining({ store, orchestrator, models, instruments, log, now }, config.RETRAINING_POLL_MS)
  let reading = true
  orchestrator.failed.catch((err: unknown) => {
    reading = false
    // Nobody handles this: it ends the service, and whoever looks after it starts it again.
    throw err
  })
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
  const access = await openAccess({ config, host: config.HOST, dataDir, store, now, randomBytes })
  const audit = await openAuditLog({
    store, randomBytes, onEntry: (entry) => log.info({ audit: entry }, 'a change was asked for'),
    onLost: (entry, err) => log.error({ err, audit: entry }, 'an entry of the audit log could not be stored'),
  })
  const app = await createServer({
    orchestrator, store, bus, models, metrics, access, audit, log, version, tracing, now, rates: ratesOf(config),
    conditions: async () => ({ events: reading, store: await store.count('workflows').then(() => true, () => false) }),
  })
  const url = await app.listen({ port: config.PORT, host: config.HOST })
  const removeRunFile = await writeRunFile(dataDir, url)
  setReady('events', true)
  log.info({ url }, 'listening')
  return async () => {
    await removeRunFile()
    await app.close()
    await retraining.close()
    await orchestrator.close()
    await launcher.close()
  }
})

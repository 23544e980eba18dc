import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openAccess, openAuditLog, removeOldAudit } from '@streamforge/access'
import { ensureTopics } from '@streamforge/bus'
import { ratesOf } from '@streamforge/guards'
import { mlflowOptions, openModelRegistry } from '@streamforge/models'
import { exitCodes, leadOrStandBy, lookNowAndThen, ownLease, runService } from '@streamforge/service'
import { Config } from './config.ts'
import { createServer } from './http/server.ts'
import { leadershipMetrics } from './leadership/leadership-metrics.ts'
import { standBy, whoeverLeads } from './leadership/stand-by.ts'
import { localPrograms } from './images.ts'
import { openLauncher } from './open-launcher.ts'
import { followReleases } from './releases.ts'
import { orchestratorMetrics } from './orchestrator/orchestrator-metrics.ts'
import { openWorkflowRecords } from './orchestrator/workflow-records.ts'
import { instrumentList } from './plan/instrument-list.ts'
import { writeRunFile } from './run-file.ts'
import { startLeading } from './start-leading.ts'
import { StandingConfig } from './standing/standing-config.ts'

const auditLookMs = 3_600_000

await runService('queue-manager', { ...Config, ...StandingConfig }, async ({ config, bus, store: connect, objects: connectObjects, log, metrics, tracing, now, random, setReady, signal }) => {
  const store = await connect()
  await ensureTopics(bus)
  const dataDir = resolve(config.DATA_DIR)
  const programs = localPrograms({ trainerHeapMb: config.TRAINER_HEAP_MB })
  const releases = await followReleases({
    store, log, pollMs: config.RELEASES_POLL_MS, ...(config.LAUNCHER === 'processes' && { local: { programs, folder: config.RELEASES_DIR } }),
  })
  const launcher = await openLauncher(config, {
    store, dataDir, env: process.env, now, programs, onFailure: (err, attempt) => log.warn({ err, attempt }, 'jobs could not be followed; trying again'),
  })
  const instruments = instrumentList({
    now,
    urls: {
      binance: { rest: config.BINANCE_REST_URL, archive: config.BINANCE_ARCHIVE_URL },
      coinbase: { rest: config.COINBASE_REST_URL },
    },
  })
  const objects = await connectObjects()
  const models = await openModelRegistry({ store, objects, now, mlflow: mlflowOptions(config) })
  const records = await openWorkflowRecords(store)
  const parts = { config, bus, store, launcher, releases, instruments, models, metrics: orchestratorMetrics(metrics), log, now, random }
  let reading = true
  const told: { leads: boolean; address?: string; remove?: () => Promise<void> } = { leads: false }
  /** Programs on this machine are told of the one that leads. */
  const announce = async () => {
    if (told.leads && told.address !== undefined) told.remove = await writeRunFile(dataDir, told.address)
  }
  const leading = await leadOrStandBy({
    lease: ownLease({ store, name: 'queue-manager', ttlMs: config.LEASE_MS, now, signal, log }),
    async start(lease) {
      const led = await startLeading(parts, lease)
      led.orchestrator.failed.catch((err: unknown) => {
        reading = false
        // Nobody handles this: it ends the service, and whoever looks after it starts it again.
        throw err
      })
      told.leads = true
      await announce()
      return led
    },
    onStandBy: (holder) => log.info({ holder }, 'standing by: another queue-manager leads'),
    // Whatever is under way must end here, not when it comes to a good place: another process does it now.
    onLost: (err) => {
      log.fatal({ err }, 'another queue-manager has taken over; ending')
      process.exit(exitCodes.retryable)
    },
    onFailure: (err) => { throw err },
  })
  const orchestrator = whoeverLeads(standBy({ records }), () => leading.led()?.orchestrator)
  leadershipMetrics(metrics, () => [leading.epoch()])
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string }
  const access = await openAccess({ config, host: config.HOST, dataDir, store, now, randomBytes })
  const audit = await openAuditLog({
    store, randomBytes, onEntry: (entry) => log.info({ audit: entry }, 'a change was asked for'),
    onLost: (entry, err) => log.error({ err, audit: entry }, 'an entry of the audit log could not be stored'),
  })
  const retention = lookNowAndThen({
    everyMs: auditLookMs, atOnce: true,
    async look() {
      if (leading.led()) await removeOldAudit({ store, audit, now, days: config.AUDIT_RETENTION_DAYS })
    },
    onFailure: (err) => log.warn({ err }, 'old entries of the audit log could not be removed; trying again'),
  })
  const app = await createServer({
    orchestrator, store, bus, models, metrics, access, audit, log, version, tracing, now, rates: ratesOf(config),
    healingBudget: config.HEALING_BUDGET, leads: () => leading.led() !== undefined,
    conditions: async () => ({ events: reading, store: await store.count('workflows').then(() => true, () => false) }),
  })
  const url = await app.listen({ port: config.PORT, host: config.HOST })
  told.address = url
  await announce()
  setReady('events', true)
  log.info({ url }, 'listening')
  return async () => {
    await told.remove?.()
    await app.close()
    await retention.close()
    await leading.close()
    await releases.close()
    await launcher.close()
  }
})

import { randomBytes } from 'node:crypto'
import type { Bus } from '@streamforge/bus'
import { deadLetterTopic } from '@streamforge/contracts'
import type { Launcher } from '@streamforge/launcher'
import type { ModelRegistry } from '@streamforge/models'
import type { ConfigOf } from '@streamforge/service'
import type { Lease, Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { healingDefaults } from './healing/engine.ts'
import { imageName } from './images.ts'
import type { OrchestratorMetrics } from './orchestrator/orchestrator-metrics.ts'
import type { OrchestratorOptions } from './orchestrator/orchestrator-options.ts'
import { startOrchestrator, type Orchestrator } from './orchestrator/orchestrator.ts'
import type { InstrumentList } from './plan/instrument-list.ts'
import type { Releases } from './releases.ts'
import { startRetraining } from './retraining/start-retraining.ts'

export interface LeadingParts {
  config: ConfigOf<typeof Config>
  bus: Bus
  store: Store
  launcher: Launcher
  releases: Releases
  instruments: InstrumentList
  models: ModelRegistry
  metrics: OrchestratorMetrics
  log: Logger
  now: () => number
  random: () => number
}

/** What one queue-manager alone does: it looks after workflows, and after retraining, which makes some. */
export async function startLeading(parts: LeadingParts, leadership: Lease): Promise<{ orchestrator: Orchestrator; close(): Promise<void> }> {
  const { config, store, models, instruments, log, now } = parts
  const orchestrator = await startOrchestrator({ ...orchestratorOptions(parts), leadership })
  const retraining = startRetraining({ store, orchestrator, models, instruments, log, now }, config.RETRAINING_POLL_MS)
  log.info({ epoch: leadership.epoch }, 'leading')
  return {
    orchestrator,
    async close() {
      await retraining.close()
      await orchestrator.close()
    },
  }
}

const hourMs = 3_600_000

function orchestratorOptions({ config, bus, store, launcher, releases, instruments, metrics, log, now, random }: LeadingParts): OrchestratorOptions {
  return {
    bus, store, launcher, instruments, log, now, random, metrics,
    newSuffix: () => randomBytes(3).toString('hex'),
    maxWorkflowsPerCaller: config.MAX_WORKFLOWS_PER_CALLER,
    maxActiveQueues: config.MAX_ACTIVE_QUEUES, maxLiveQueues: config.MAX_LIVE_QUEUES, liveGroupSize: config.LIVE_GROUP_SIZE, maxActiveStages: config.MAX_ACTIVE_STAGES,
    dataPartitions: config.DATA_PARTITIONS,
    topicRetentionMs: config.TOPIC_RETENTION_HOURS * hourMs, deadLetterRetentionMs: deadLetterTopic.retentionMs,
    liveTopicRetentionMs: config.LIVE_TOPIC_RETENTION_HOURS * hourMs,
    healing: { budget: config.HEALING_BUDGET, circuits: { ...healingDefaults.circuits, queues: config.CIRCUIT_QUEUES } },
    policy: {
      ...(config.PROGRESS_TIMEOUT_MS > 0 && { progressMs: config.PROGRESS_TIMEOUT_MS }),
      backoffInitialMs: config.BACKOFF_INITIAL_MS, backoffMaxMs: config.BACKOFF_MAX_MS, silenceMs: config.SILENCE_MS,
      launchTimeoutMs: config.LAUNCH_TIMEOUT_MS, cancelGraceMs: config.CANCEL_GRACE_MS, loaderStopMs: config.LOADER_STOP_MS, connectorStopMs: config.CONNECTOR_STOP_MS,
      imageFor: imageName(config.IMAGE_REGISTRY, config.IMAGE_VERSION, releases.versionOf),
    },
  }
}

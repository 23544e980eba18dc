import { join } from 'node:path'
import { RateConfig } from '@streamforge/guards'
import { AccessConfig } from '@streamforge/access'
import { MlflowConfig } from '@streamforge/models'
import { z } from 'zod'

const milliseconds = z.coerce.number().int().min(1)
const url = z.url({ protocol: /^https?$/ }).optional()

/** queue-manager's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080).describe('a port from 0 to 65535; 0 takes a free one'),
  HOST: z.string().min(1).default('127.0.0.1').describe('an address to listen on, such as 127.0.0.1 or 0.0.0.0'),
  MAX_WORKFLOWS_PER_CALLER: z.coerce.number().int().min(0).max(1_000_000).default(100).describe('workflows in progress that one caller may have, from 1; ten times as many where nobody signs in; admins have no such limit; 0: nobody has'),
  MAX_ACTIVE_QUEUES: z.coerce.number().int().min(1).max(10_000).default(2).describe('queues that run at once, from 1'),
  MAX_LIVE_QUEUES: z.coerce.number().int().min(1).max(10_000).default(16).describe('live queues that run at once, beside the others, from 1'),
  LIVE_GROUP_SIZE: z.coerce.number().int().min(1).max(100).default(8).describe('live queues of one workflow and venue that share a loader process and a connector process, from 1 to 100; 1: each has its own'),
  MAX_ACTIVE_STAGES: z.coerce.number().int().min(1).max(10_000).default(2).describe('stages (features, graphs, trainings, forecasts) that run at once, beside the others, from 1'),
  TRAINER_HEAP_MB: z.coerce.number().int().min(64).max(1_000_000).default(2_048).describe("megabytes of JavaScript heap that a training on this machine may take, from 64; tensors lie outside of it; on a cluster its Job template says it"),
  DATA_PARTITIONS: z.coerce.number().int().min(1).max(64).default(1).describe('partitions of a data topic, from 1 to 64'),
  LAUNCHER: z.enum(['processes', 'kubernetes']).default('processes').describe('processes: jobs are child processes of this machine; kubernetes: Jobs of a cluster'),
  KUBERNETES_NAMESPACE: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/).default('stf').describe('the namespace of the Jobs'),
  KUBECONFIG: z.string().min(1).optional().describe("a kubeconfig's path; absent: the pod's service account"),
  JOB_TEMPLATES_DIR: z.string().min(1).default(join(import.meta.dirname, '../../../k8s/base/job-templates')).describe("the folder of the templates that a cluster's Jobs are made from"),
  IMAGE_REGISTRY: z.string().regex(/^[a-z0-9][a-z0-9.:/_-]*$/).default('registry.example/streamforge').describe('where the images are, without a tag'),
  IMAGE_VERSION: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/).default('v0.1.0').describe("the images' tag"),
  RELEASES_DIR: z.string().min(1).optional().describe('a folder with a checkout a version, named like it, such as v0.2.0: what promoted versions of jobs are run from on this machine'),
  RELEASES_POLL_MS: milliseconds.default(2_000).describe('milliseconds between looks at which versions are promoted'),
  BACKOFF_INITIAL_MS: milliseconds.default(1_000).describe('milliseconds before the second attempt'),
  BACKOFF_MAX_MS: milliseconds.default(60_000).describe('milliseconds before any attempt at most'),
  LEASE_MS: milliseconds.default(5_000).describe('milliseconds after which another queue-manager takes over from one that is silent'),
  SILENCE_MS: milliseconds.default(15_000).describe('milliseconds without a heartbeat after which a job is replaced'),
  PROGRESS_TIMEOUT_MS: z.coerce.number().int().min(0).default(600_000).describe('milliseconds without getting further, or without a connection to the venue, after which a worker is replaced although it sends heartbeats; 0: never'),
  HEALING_BUDGET: z.coerce.number().int().min(1).default(500).describe('how often the workers of a workflow may be launched again within an hour, at least; 10 for each of its queues when that is more'),
  CIRCUIT_QUEUES: z.coerce.number().int().min(1).max(1_000).default(2).describe('different queues that must fail of one shared cause within a minute, with nobody succeeding, for the others to wait'),
  LAUNCH_TIMEOUT_MS: milliseconds.default(60_000).describe('milliseconds from launching a job to hearing it first'),
  CANCEL_GRACE_MS: milliseconds.default(10_000).describe('milliseconds from SIGTERM to SIGKILL'),
  LOADER_STOP_MS: milliseconds.default(30_000).describe('milliseconds that a live loader may take to stop'),
  CONNECTOR_STOP_MS: milliseconds.default(600_000).describe('milliseconds that a live connector may take to store and certify the rest after that'),
  TOPIC_RETENTION_HOURS: z.coerce.number().min(0).default(24).describe('hours that a data topic outlives its queue'),
  LIVE_TOPIC_RETENTION_HOURS: z.coerce.number().min(0).default(6).describe('hours that the topic of a live queue keeps what all its consumers have had'),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(0).max(100_000).default(0).describe('days that entries of the audit log are kept; 0: for ever'),
  RETRAINING_POLL_MS: milliseconds.default(5_000).describe('milliseconds between looks at retraining policies'),
  BINANCE_REST_URL: url.describe("an http or https address; absent: Binance's own"),
  BINANCE_ARCHIVE_URL: url.describe("an http or https address; absent: Binance's own archive"),
  ...RateConfig,
  ...AccessConfig,
  ...MlflowConfig,
  COINBASE_REST_URL: url.describe("an http or https address; absent: Coinbase Exchange's own"),
}

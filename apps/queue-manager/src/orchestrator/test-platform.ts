import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, ensureTopics, publishMessages, type Bus } from '@streamforge/bus'
import { catalog, type StartCommand, type StoredQueue, type Target, type WorkerEvent } from '@streamforge/contracts'
import { jobName, type JobInfo, type JobName, type JobState, type Launcher } from '@streamforge/launcher'
import { openModelRegistry, type ModelRegistry } from '@streamforge/models'
import { connectObjects } from '@streamforge/objects'
import { connectStore, type Store } from '@streamforge/store'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { InstrumentList } from '../plan/instrument-list.ts'
import { testPolicy, workerEvent } from '../queue/queue-fixture.ts'
import { orchestratorMetrics } from './orchestrator-metrics.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import { startOrchestrator, type Orchestrator } from './orchestrator.ts'

/** A launcher that only notes what it is asked for; the test plays the workers. Its jobs outlive an orchestrator's restart. */
export interface PlayedJobs {
  launches: StartCommand[]
  cancelled: string[]
  jobs: Map<string, JobInfo>
  /** Names of the jobs of each process that was started for several. */
  processes: string[][]
  /** The next launches fail with this. */
  launchError?: Error | undefined
  launcher(): Launcher
  end(start: StartCommand, state: Exclude<JobState, { status: 'running' }>): void
}

export function playedJobs(): PlayedJobs {
  const listeners = new Set<(job: JobInfo) => void>()
  const end = (name: string, state: JobState) => {
    const job = played.jobs.get(name)
    if (job?.state.status !== 'running') return
    played.jobs.set(name, { ...job, state })
    for (const listener of listeners) listener({ ...job, state })
  }
  const played: PlayedJobs = {
    launches: [], cancelled: [], jobs: new Map(), processes: [],
    end: (start, state) => end(jobName(start), state),
    launcher: () => {
      const own = new Set<(job: JobInfo) => void>()
      const launch = async (start: StartCommand) => {
        if (played.launchError) throw played.launchError
        const name = jobName(start)
        const before = played.jobs.get(name)
        if (before) return before
        const { queue_id, target, attempt } = start
        const job: JobInfo = { name, queue_id, target, attempt, state: { status: 'running' }, startedAt: 0 }
        played.launches.push(start)
        played.jobs.set(name, job)
        return job
      }
      const matesOf = (job: JobName) => (played.processes.find((names) => names.includes(jobName(job))) ?? [])
        .filter((name) => name !== jobName(job) && played.jobs.get(name)?.state.status === 'running')
      return {
        kind: 'embedded', launch,
        async launchGroup(starts) {
          played.processes.push(starts.map(jobName))
          return Promise.all(starts.map(launch))
        },
        processMates: async (job) => matesOf(job).map((name) => played.jobs.get(name)!),
        async cancel(job, { endProcess = false } = {}) {
          played.cancelled.push(jobName(job))
          for (const name of [jobName(job), ...(endProcess ? matesOf(job) : [])]) end(name, { status: 'failed', exitCode: 143, signal: undefined, reason: 'exit code 143' })
        },
        list: async () => [...played.jobs.values()],
        onExit(callback) {
          own.add(callback)
          listeners.add(callback)
          return () => listeners.delete(callback)
        },
        logs: async () => [],
        forget: async (job) => void played.jobs.delete(jobName(job)),
        close: async () => own.forEach((l) => listeners.delete(l)),
      }
    },
  }
  return played
}

export interface TestPlatform {
  bus: Bus
  store: Store
  played: PlayedJobs
  registry: Registry
  models: ModelRegistry
  /** A new orchestrator over the same bus, store and jobs. */
  start(more?: Partial<OrchestratorOptions>): Promise<Orchestrator>
  say(start: StartCommand, more?: Partial<WorkerEvent>): Promise<void>
  /** The newest launch of a target, once there are so many of it. */
  launched(target: Target, count?: number): Promise<StartCommand>
  close(): Promise<void>
}

const anySymbol: InstrumentList = { symbols: async () => undefined, clockLead: async () => undefined }

export async function openTestPlatform(): Promise<TestPlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-queue-manager-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await ensureTopics(bus)
  const played = playedJobs()
  const registry = new Registry()
  const objects = await connectObjects({ kind: 'embedded', directory: join(directory, 'objects') })
  const models = await openModelRegistry({ store, objects, now: Date.now })
  const running: Orchestrator[] = []
  let suffix = 0xa10000
  const platform: TestPlatform = {
    bus, store, played, registry, models,
    async start(more = {}) {
      registry.clear()
      const orchestrator = await startOrchestrator({
        bus, store, launcher: played.launcher(), instruments: anySymbol, log: pino({ level: 'silent' }), metrics: orchestratorMetrics(registry),
        policy: { ...testPolicy, backoffInitialMs: 1, backoffMaxMs: 5, cancelGraceMs: 0 }, now: Date.now, random: () => 0,
        newSuffix: () => (suffix++).toString(16), maxActiveQueues: 2, maxLiveQueues: 2, maxActiveStages: 2, stageSettleMs: 0, seamSettleMs: 0, dataPartitions: 1, topicRetentionMs: 3_600_000, deadLetterRetentionMs: 86_400_000, liveTopicRetentionMs: 3_600_000,
        tickMs: 5, exitSettleMs: 5, ...more,
      })
      running.push(orchestrator)
      return orchestrator
    },
    say: (start, more = {}) => publishMessages(bus, catalog['queue-events'], [
      workerEvent(start as unknown as StoredQueue, start.target, { producer: start.telemetry_id, attempt: start.attempt, ...more }),
    ]),
    async launched(target, count = 1) {
      for (;;) {
        const found = played.launches.filter((l) => l.target === target)
        if (found.length >= count) return found[count - 1]!
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    },
    async close() {
      for (const orchestrator of running) await orchestrator.close()
      await bus.close()
      await store.close()
      await objects.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return platform
}

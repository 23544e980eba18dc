import { standingJobsCollection, StandingJob, standingMembersCollection, StandingMember, StreamForgeError, type StandingState, type StartCommand } from '@streamforge/contracts'
import { jobName, type JobInfo, type JobName, type JobState, type Launcher } from '@streamforge/launcher'
import { abortableDelay, lookNowAndThen } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import { watchMembers } from './watch-members.ts'

export interface StandingLauncherOptions {
  store: Store
  /** Milliseconds since the epoch. */
  now: () => number
  /** Milliseconds of a clock that never jumps. */
  elapsed: () => number
  onFailure: (error: unknown) => void
  /** Milliseconds between looks; default 500. */
  pollMs?: number
  /** Milliseconds of silence after which a member is gone; default 10,000. */
  memberTtlMs?: number
}

/** A launcher that gives jobs to processes that run all the time; these find them in the store. */
export interface StandingLauncher extends Pick<Launcher, 'launch' | 'cancel' | 'list' | 'onExit' | 'logs' | 'forget' | 'close'> {
  /** Whether a process with the image lives. */
  standsFor(image: string): boolean
  /** Whether the job was given to them. */
  knows(job: JobName): Promise<boolean>
}

/** A cancelled job's process ends it at its next look, and drains. */
const overGraceMs = 5_000

export async function openStandingLauncher({ store, now, elapsed, onFailure, pollMs = 500, memberTtlMs = 10_000 }: StandingLauncherOptions): Promise<StandingLauncher> {
  await store.ensureCollection(standingJobsCollection, { indexes: [['status']] })
  await store.ensureCollection(standingMembersCollection)
  const members = watchMembers({ ttlMs: memberTtlMs, lookMs: 2 * pollMs })
  const listeners = new Set<(job: JobInfo) => void>()
  /** Names of jobs whose end has not been told. */
  const watched = new Set<string>()

  const read = async (job: JobName) => {
    const found = await store.get(standingJobsCollection, jobName(job))
    return found && StandingJob.parse(found)
  }
  const all = async () => (await store.find(standingJobsCollection, { limit: 100_000 })).map((document) => StandingJob.parse(document))
  const change = (job: StandingJob, more: { state: StandingState } | { cancelled: true }) => {
    const changed = { ...job, ...more, version: job.version + 1 }
    return store.compareAndSet(standingJobsCollection, { ...changed, status: changed.state.status }, job.version)
  }
  const tell = (job: StandingJob) => {
    watched.delete(job._key)
    for (const listener of listeners) listener(infoOf(job))
  }
  const look = async () => {
    // Jobs before members: whoever has a job has said before that it lives.
    const active = (await store.find(standingJobsCollection, { where: { status: { in: ['waiting', 'running'] } }, limit: 100_000 })).map((document) => StandingJob.parse(document))
    members.see((await store.find(standingMembersCollection)).map((document) => StandingMember.parse(document)), elapsed())
    for (const job of active) {
      watched.add(job._key)
      if (job.state.status === 'running' && members.isGone(job.state.member)) await change(job, { state: { status: 'ended', reason: `its process ${job.state.member} is gone` } })
    }
    await store.deleteKeys(standingMembersCollection, members.gone())
    const working = new Set(active.map(({ _key }) => _key))
    for (const key of watched) {
      if (working.has(key)) continue
      const found = await store.get(standingJobsCollection, key)
      const job = found && StandingJob.parse(found)
      if (!job) watched.delete(key)
      else if (job.state.status === 'ended') tell(job)
    }
  }
  await look()
  const { closing, close } = lookNowAndThen({ look, everyMs: pollMs, onFailure })
  const unlessEnded = async (job: JobName, more: (found: StandingJob) => { state: StandingState } | { cancelled: true } | undefined): Promise<StandingJob | undefined> => {
    for (;;) {
      const found = await read(job)
      if (!found || found.state.status === 'ended') return found
      const changes = more(found)
      if (!changes || await change(found, changes)) return found
    }
  }
  return {
    standsFor: (image) => members.images().has(image),
    knows: async (job) => await read(job) !== undefined,
    async launch(start: StartCommand) {
      const job = StandingJob.parse({ _key: jobName(start), version: 1, image: start.image, status: 'waiting', state: { status: 'waiting' }, cancelled: false, start, launched_at: now() })
      if (await store.compareAndSet(standingJobsCollection, job, 0)) watched.add(job._key)
      return infoOf(await read(start) ?? job)
    },
    async cancel(job, { graceMs = 10_000 } = {}) {
      const until = elapsed() + graceMs + overGraceMs
      const cancelled = { state: { status: 'ended', reason: 'cancelled before it had begun' } } as const
      await unlessEnded(job, (found) => (found.state.status === 'waiting' ? cancelled : found.cancelled ? undefined : { cancelled: true }))
      for (;;) {
        const found = await read(job)
        if (!found || found.state.status === 'ended') return
        if (closing.aborted) throw closedMeanwhile(job)
        if (elapsed() > until) await unlessEnded(job, () => ({ state: { status: 'ended', reason: 'cancelled; its process did not end it in time' } }))
        else await abortableDelay(Math.min(pollMs, 200), closing)
      }
    },
    list: async () => (await all()).map(infoOf),
    onExit(callback) {
      listeners.add(callback)
      // Those that ended while nobody listened are told to whoever comes first.
      if (listeners.size === 1) all().then((jobs) => jobs.filter(({ status }) => status === 'ended').forEach(tell), onFailure)
      return () => listeners.delete(callback)
    },
    async logs(job) {
      const state = (await read(job))?.state
      return state?.status === 'running' ? [`it is one of several jobs of ${state.member}: see the log there, queue_id ${job.queue_id}`] : []
    },
    async forget(job) {
      if ((await read(job))?.state.status === 'ended') await store.deleteKeys(standingJobsCollection, [jobName(job)])
    },
    close,
  }
}

/** Whoever cancels it next finds that this has been asked for, and waits for its end. */
const closedMeanwhile = (job: JobName) => new StreamForgeError('LAUNCHER_UNAVAILABLE', `the launcher was closed before job ${jobName(job)} had ended, which has been told to`, {
  remedy: 'cancel it again with the next launcher: nothing is lost',
})

function infoOf({ _key, start: { queue_id, target, attempt }, state, launched_at }: StandingJob): JobInfo {
  return { name: _key, queue_id, target, attempt, startedAt: launched_at, state: stateOf(state) }
}

function stateOf(state: StandingState): JobState {
  if (state.status !== 'ended') return { status: 'running' }
  if (state.exit_code === 0) return { status: 'succeeded' }
  return { status: 'failed', exitCode: state.exit_code, signal: undefined, reason: state.reason }
}

import { standingJobsCollection, StandingJob, standingMembersCollection, type StandingState } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

export interface MemberOptions {
  store: Store
  /** Unique to this start of the process. */
  instance: string
  image: string
  now: () => number
}

/** What a standing process does with the documents of jobs; docs of the forms are in contracts. All throw STORE_UNAVAILABLE while the store is away. */
export interface StandingMembership {
  /** Says that this process lives, and how much it has to do. */
  beat(jobs: number): Promise<void>
  /** Jobs of its image that nobody has, oldest first. */
  waiting(): Promise<StandingJob[]>
  /** False: another was first, or the job is not wanted any more. */
  claim(job: StandingJob): Promise<boolean>
  /** Of a job that was claimed: whether it is still this process's, and whether it is to end. */
  look(key: string): Promise<'goes on' | 'cancelled' | "not ours">
  /** Says how it ended; nothing when the job is not this process's any more. */
  end(key: string, state: Omit<Extract<StandingState, { status: 'ended' }>, 'status'>): Promise<void>
  leave(): Promise<void>
}

export async function openMembership({ store, instance, image, now }: MemberOptions): Promise<StandingMembership> {
  await store.ensureCollection(standingJobsCollection, { indexes: [['status']] })
  await store.ensureCollection(standingMembersCollection)
  let version = 0
  const read = async (key: string) => {
    const found = await store.get(standingJobsCollection, key)
    return found && StandingJob.parse(found)
  }
  const isOurs = (job: StandingJob | undefined) => job?.state.status === 'running' && job.state.member === instance
  const change = (job: StandingJob, state: StandingState) =>
    store.compareAndSet(standingJobsCollection, { ...job, state, status: state.status, version: job.version + 1 }, job.version)
  return {
    async beat(jobs) {
      const next = version + 1
      const written = await store.compareAndSet(standingMembersCollection, { _key: instance, version: next, image, jobs, at: now() }, version)
      // One whose answer was lost is written already; one that was taken for gone enters anew.
      version = written ? next : (await store.get<{ _key: string; version: number }>(standingMembersCollection, instance))?.version ?? 0
    },
    async waiting() {
      const found = (await store.find(standingJobsCollection, { where: { status: 'waiting' } })).map((document) => StandingJob.parse(document))
      return found.filter((job) => job.image === image && !job.cancelled).sort((a, b) => a.launched_at - b.launched_at)
    },
    claim: (job) => change(job, { status: 'running', member: instance }),
    async look(key) {
      const job = await read(key)
      if (!isOurs(job)) return 'not ours'
      return job?.cancelled ? 'cancelled' : 'goes on'
    },
    async end(key, state) {
      for (let job = await read(key); job && isOurs(job); job = await read(key)) if (await change(job, { status: 'ended', ...state })) return
    },
    async leave() {
      await store.deleteKeys(standingMembersCollection, [instance])
    },
  }
}

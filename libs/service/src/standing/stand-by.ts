import type { StandingJob } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { abortableDelay } from '../abortable-delay.ts'
import type { StandingMembership } from './standing-jobs.ts'

/** A job's end as a process of its own would have had it. */
export interface StandingEnd { exitCode: number; ended: string }

export interface StandByOptions {
  membership: StandingMembership
  /** Works on one job; `end` aborts when the job is cancelled or has become another's. */
  work: (job: StandingJob, end: AbortSignal) => Promise<StandingEnd>
  log: Pick<Logger, 'info' | 'warn'>
  /** Milliseconds of a clock that never jumps. */
  elapsed: () => number
  signal: AbortSignal
  pollMs: number
  /** Jobs at once, at most. */
  maxJobs: number
}

/** Milliseconds that a job is left to others for each job that one has: whoever has least to do takes it. */
const modestyMs = 400

/** Takes jobs and works on them side by side, until the signal; resolves when all have ended and are written down. */
export async function standBy(options: StandByOptions): Promise<void> {
  const { membership, log, signal, pollMs } = options
  const running = new Map<string, { end: AbortController; done: Promise<void> }>()
  const seen = new Map<string, number>()
  while (!signal.aborted) {
    try {
      await membership.beat(running.size)
      await endUnwanted(options, running)
      await takeJobs(options, running, seen)
    } catch (err) {
      log.warn({ err }, 'jobs could not be looked for; trying again')
    }
    await abortableDelay(pollMs, signal)
  }
  // Each of them has heard the signal too.
  await Promise.all([...running.values()].map(({ done }) => done))
  await membership.leave().catch((err: unknown) => log.warn({ err }, 'the leaving could not be written down'))
}

async function endUnwanted({ membership, log }: StandByOptions, running: ReadonlyMap<string, { end: AbortController }>): Promise<void> {
  for (const [key, { end }] of running) {
    if (end.signal.aborted) continue
    const is = await membership.look(key)
    if (is === 'goes on') continue
    log.info({ job: key, because: is }, 'a job is to end')
    end.abort()
  }
}

async function takeJobs(options: StandByOptions, running: Map<string, { end: AbortController; done: Promise<void> }>, seen: Map<string, number>): Promise<void> {
  const waiting = await options.membership.waiting()
  for (const key of seen.keys()) if (!waiting.some((job) => job._key === key)) seen.delete(key)
  for (const job of waiting) {
    const since = seen.get(job._key) ?? options.elapsed()
    seen.set(job._key, since)
    if (running.size >= options.maxJobs || options.signal.aborted) return
    if (options.elapsed() - since < running.size * modestyMs || !await options.membership.claim(job)) continue
    const end = new AbortController()
    running.set(job._key, { end, done: workOn(job, end.signal, options).finally(() => running.delete(job._key)) })
  }
}

async function workOn(job: StandingJob, end: AbortSignal, { work, membership, log, pollMs }: StandByOptions): Promise<void> {
  const { exitCode, ended } = await work(job, end)
  const never = new AbortController().signal
  for (let tries = 0; tries < endTries; tries++) {
    try {
      return await membership.end(job._key, { exit_code: exitCode, reason: ended })
    } catch (err) {
      log.warn({ err, job: job._key }, 'the end of a job could not be written down; trying again')
      await abortableDelay(pollMs, never)
    }
  }
}

/** Given up after them: whoever launched the job takes its silent member for gone. */
const endTries = 20

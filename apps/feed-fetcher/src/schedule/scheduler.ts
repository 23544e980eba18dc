import type { FeedTrigger } from '@streamforge/contracts'
import type { Clock } from './clock.ts'
import { nextRun, type Schedule } from './next-run.ts'

export interface ScheduledFeed {
  readonly name: string
  readonly schedule: Schedule
}

/** One run, which never rejects: what goes wrong in it is its own result. */
export type RunFeed = (name: string, run: { scheduledAt: number; trigger: FeedTrigger }) => Promise<void>

export interface Scheduler {
  /** Puts these feeds in place of those before. Feeds whose schedule is the same keep it; runs under way end by themselves. */
  replace(feeds: readonly ScheduledFeed[]): void
  pause(name: string): void
  resume(name: string): void
  /** Runs it at once, paused or not. False: it runs already. */
  runNow(name: string): boolean
  /** Infinity: none is planned. */
  nextRunAt(name: string): number
  isRunning(name: string): boolean
  /** Plans no more, and resolves when the runs under way have ended. */
  close(): Promise<void>
}

interface Planned {
  feed: ScheduledFeed
  paused: boolean
  running: boolean
  next: number
  cancel: () => void
}

export interface SchedulerOptions {
  clock: Clock
  run: RunFeed
  /** Runs under way at once, over all feeds; more wait for their turn. */
  concurrency: number
  /** That begin paused. */
  paused: (name: string) => boolean
  /** Told whenever a feed's next run changes. */
  onPlanned?: (name: string, next: number) => void
}

/** Runs each feed on its schedule. Two runs of one feed never overlap: slots that pass while it runs are left out. */
export function createScheduler({ clock, run, concurrency, paused, onPlanned }: SchedulerOptions): Scheduler {
  const planned = new Map<string, Planned>()
  const waiting: (() => void)[] = []
  const underWay = new Set<Promise<void>>()
  let active = 0
  let closed = false

  function plan(one: Planned, after: number): void {
    one.cancel()
    one.cancel = () => undefined
    one.next = one.paused || closed ? Infinity : nextRun(one.feed.schedule, after)
    if (one.next < Infinity) one.cancel = clock.at(one.next, () => begin(one, one.next, 'schedule'))
    onPlanned?.(one.feed.name, one.next)
  }

  function begin(one: Planned, scheduledAt: number, trigger: FeedTrigger): void {
    one.running = true
    const whole = turn().then(() => closed ? undefined : run(one.feed.name, { scheduledAt, trigger })).finally(() => {
      // The turn goes to who waits longest; only without one does it become free.
      const next = waiting.shift()
      if (next) next()
      else active--
      one.running = false
      underWay.delete(whole)
      // A clock that was set back must not bring a slot again.
      if (planned.get(one.feed.name) === one) plan(one, Math.max(clock.now(), scheduledAt))
    })
    underWay.add(whole)
  }

  async function turn(): Promise<void> {
    if (active >= concurrency) return new Promise((resolve) => waiting.push(resolve))
    active++
  }

  return {
    replace(feeds) {
      const names = new Set(feeds.map(({ name }) => name))
      for (const [name, one] of planned) {
        if (names.has(name)) continue
        one.cancel()
        planned.delete(name)
      }
      for (const feed of feeds) {
        const known = planned.get(feed.name)
        const same = known && JSON.stringify(known.feed.schedule) === JSON.stringify(feed.schedule)
        if (known) known.feed = feed
        if (same) continue
        const one = known ?? { feed, paused: paused(feed.name), running: false, next: Infinity, cancel: () => undefined }
        planned.set(feed.name, one)
        if (!one.running) plan(one, clock.now())
      }
    },
    pause(name) {
      const one = planned.get(name)
      if (!one) return
      one.paused = true
      if (!one.running) plan(one, clock.now())
    },
    resume(name) {
      const one = planned.get(name)
      if (!one?.paused) return
      one.paused = false
      if (!one.running) plan(one, clock.now())
    },
    runNow(name) {
      const one = planned.get(name)
      if (!one || one.running || closed) return false
      one.cancel()
      begin(one, clock.now(), 'manual')
      return true
    },
    nextRunAt: (name) => planned.get(name)?.next ?? Infinity,
    isRunning: (name) => planned.get(name)?.running ?? false,
    async close() {
      closed = true
      for (const one of planned.values()) one.cancel()
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

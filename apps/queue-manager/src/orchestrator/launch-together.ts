import type { StartCommand, StoredQueue } from '@streamforge/contracts'
import type { Launcher } from '@streamforge/launcher'
import { divideGroup, groupOf } from './group-launches.ts'

/** Resolves when the job's process has started, or was there before. */
export type Launch = (start: StartCommand, queue: Pick<StoredQueue, 'jobs'>) => Promise<void>

export interface TogetherOptions {
  launcher: Launcher
  /** Jobs of one process at most; 1: each has its own. */
  groupSize: number
  /** Milliseconds that a launch waits for others of its group, from the last that came. */
  gatherMs: number
}

interface Group {
  waiting: { start: StartCommand; started: PromiseWithResolvers<void> }[]
  timer: NodeJS.Timeout | undefined
}

/** Starts the live queues that are due together in one process, where the launcher can. */
export function launchTogether({ launcher, groupSize, gatherMs }: TogetherOptions): Launch {
  const groups = new Map<string, Group>()

  const startAll = async (group: Group) => {
    const starts = group.waiting.map(({ start }) => start)
    await Promise.all(divideGroup(starts, groupSize).map(async (part) => {
      const concerned = group.waiting.filter(({ start }) => part.some((other) => other.queue_id === start.queue_id && other.attempt === start.attempt))
      try {
        await (part.length === 1 ? launcher.launch(part[0]!) : launcher.launchGroup!(part))
        for (const { started } of concerned) started.resolve()
      } catch (error) {
        for (const { started } of concerned) started.reject(error)
      }
    }))
  }

  return async (start, queue) => {
    const name = launcher.launchGroup && groupSize > 1 ? groupOf(start, queue) : undefined
    if (name === undefined) return void await launcher.launch(start)
    const group = groups.get(name) ?? { waiting: [], timer: undefined }
    groups.set(name, group)
    const started = Promise.withResolvers<void>()
    group.waiting.push({ start, started })
    clearTimeout(group.timer)
    group.timer = setTimeout(() => {
      groups.delete(name)
      void startAll(group)
    }, gatherMs)
    return started.promise
  }
}

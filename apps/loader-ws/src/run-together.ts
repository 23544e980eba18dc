import type { WorkerResult } from '@streamforge/service'
import { runLive, type LiveTask, type RunLiveOptions } from './run-live.ts'

/** What the first worker to come opens for all. */
export interface Opened {
  options: RunLiveOptions
  close: () => Promise<void>
}

export interface Together {
  /** Takes part; resolves or rejects when this task has ended. `open` is called once, of whoever came first. */
  join(task: LiveTask, open: () => Opened): Promise<WorkerResult>
  /** One that was expected will not come. */
  leave(): void
}

/** Waits until all workers of this process have come, so that their streams can share connections, and runs their tasks. */
export function runTogether(expected: number): Together {
  const joined: { task: LiveTask; open: () => Opened; result: PromiseWithResolvers<WorkerResult> }[] = []
  let coming = expected

  function arrive(): void {
    coming--
    if (coming > 0 || joined.length === 0) return
    try {
      begin(joined[0]!.open())
    } catch (error) {
      for (const { result } of joined) result.reject(error)
    }
  }

  function begin({ options, close }: Opened): void {
    const { results, closed } = runLive(joined.map(({ task }) => task), options)
    results.forEach((settled, i) => settled.then(joined[i]!.result.resolve, joined[i]!.result.reject))
    void closed.then(close)
  }

  return {
    join(task, open) {
      const result = Promise.withResolvers<WorkerResult>()
      joined.push({ task, open, result })
      arrive()
      return result.promise
    },
    leave: arrive,
  }
}

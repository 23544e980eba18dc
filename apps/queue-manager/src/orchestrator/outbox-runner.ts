import type { StoredQueue } from '@streamforge/contracts'
import type { QueueInput } from '../queue/queue-input.ts'
import { carryOut, type CommandTools } from './carry-out.ts'
import type { LiveWorkflows } from './live-workflows.ts'
import type { ChangeQueue } from './queue-changer.ts'
import { retrying, type Retrying } from './retrying.ts'

export interface OutboxRunner {
  /** Carries out the queue's commands in their order, and goes on while more come. Returns at once. */
  kick(queueId: string): void
  close(): Promise<void>
}

export interface OutboxRunnerOptions extends Omit<Retrying, 'onFailure'> {
  tools: CommandTools
  live: LiveWorkflows
  change: ChangeQueue
  onFailure: (error: unknown, queueId: string, attempt: number) => void
}

type Entry = StoredQueue['outbox'][number]

export function outboxRunner({ tools, live, change, signal, random, onFailure }: OutboxRunnerOptions): OutboxRunner {
  const running = new Map<string, { again: boolean; task: Promise<void> }>()

  const carryOutAll = async (entries: readonly Entry[], queue: StoredQueue): Promise<QueueInput[]> => {
    const inputs = await Promise.all(entries.map(async (entry): Promise<QueueInput[]> => {
      const followUps = await carryOut(entry.command, queue, tools)
      return [{ kind: 'carried-out', ids: [entry.id] }, ...followUps]
    }))
    return inputs.flat()
  }

  const run = async (queueId: string) => {
    const retry = { signal, random, onFailure: (error: unknown, attempt: number) => onFailure(error, queueId, attempt) }
    for (;;) {
      const queue = await retrying(async () => (await live.byQueue(queueId))?.queues.get(queueId), retry)
      if (!queue?.outbox.length) return
      // One write for all of them: repeating those that a crash leaves in the outbox does no harm.
      const done: QueueInput[] = []
      for (let rest: readonly Entry[] = queue.outbox; rest.length;) {
        const now = nextEntries(rest)
        done.push(...(await retrying(() => carryOutAll(now, queue), retry)))
        rest = rest.slice(now.length)
      }
      await retrying(() => change(queueId, done), retry)
    }
  }

  const runner: OutboxRunner = {
    kick(queueId) {
      const current = running.get(queueId)
      if (current) current.again = true
      if (current || signal.aborted) return
      const entry = { again: false, task: Promise.resolve() }
      // A run ends early only when the signal aborts; what is left is carried out after the next start.
      entry.task = run(queueId).catch(() => undefined).then(() => {
        running.delete(queueId)
        if (entry.again) runner.kick(queueId)
      })
      running.set(queueId, entry)
    },
    async close() {
      await Promise.all([...running.values()].map((r) => r.task))
    },
  }
  return runner
}

/** Cancels that stand together wait for their jobs side by side; everything else goes one by one. */
function nextEntries(outbox: readonly Entry[]): readonly Entry[] {
  const end = outbox.findIndex((entry) => entry.command.do !== 'cancel')
  if (end === 0) return outbox.slice(0, 1)
  return outbox.slice(0, end < 0 ? outbox.length : end)
}

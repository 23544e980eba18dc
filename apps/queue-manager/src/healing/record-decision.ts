import type { HealingDecision } from '@streamforge/contracts'
import type { Draft, StoredJob } from '../queue/queue-input.ts'

type About = Pick<HealingDecision, 'action' | 'reason' | 'code' | 'relaunch_at' | 'circuit'>

/** Puts a decision into the queue's outbox, with the state that it led to: it is stored and told whoever dies in between. */
export function recordDecision({ queue, commands, now }: Pick<Draft, 'queue' | 'commands' | 'now'>, job: StoredJob, about: About): void {
  const { queue_id, workflow_id, max_attempts } = queue
  const { target, attempt, attempts_without_progress } = job
  const decision: HealingDecision = {
    decision_id: `${queue_id}--${target}--${attempt}-${about.action}-${now}`, at: now, workflow_id, queue_id, target, ...(attempt > 0 && { attempt }), attempts_without_progress, max_attempts, ...about,
  }
  commands.push({ do: 'record', decision })
}

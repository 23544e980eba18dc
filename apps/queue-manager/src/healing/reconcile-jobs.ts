import { missingJobs } from '../orchestrator/exits.ts'
import type { OrchestratorParts } from '../orchestrator/orchestrator-parts.ts'

/**
 * Compares what should run with what the launcher knows, for ends that nobody was told of: a notice that got lost, a Job deleted by hand. A job counts
 * as gone when two looks in a row miss the same attempt, since one that is being launched is missing for a moment.
 */
export function jobReconciler({ live, options, tools, change }: Pick<OrchestratorParts, 'live' | 'options' | 'tools' | 'change'>): () => Promise<void> {
  let missedBefore = new Set<string>()
  return async () => {
    try {
      const jobs = await tools.launcher.list()
      const missing = missingJobs(live.all().flatMap(({ queues }) => [...queues.values()]), jobs)
      const missed = new Set<string>()
      for (const { queueId, exit } of missing) {
        const name = `${queueId} ${exit.target} ${exit.attempt}`
        if (missedBefore.has(name)) await change(queueId, [exit])
        else missed.add(name)
      }
      missedBefore = missed
    } catch (err) {
      options.log.warn({ err }, 'jobs could not be compared with what should run; trying again')
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { caughtUp } from './consume-events.ts'
import { missingJobs } from './exits.ts'
import type { OrchestratorParts } from './orchestrator-parts.ts'

/** Beyond this the topic is busy rather than behind, and waiting longer would leave dead jobs unattended. */
const catchUpMs = 15_000

/**
 * Takes in what happened while no orchestrator was there, in this order: the events of that time; the jobs that ended or
 * vanished without one; stops that were asked for and not passed on to every queue.
 */
export async function recover({ options, live, refresher, change, signal }: OrchestratorParts): Promise<void> {
  const { bus, launcher, log } = options
  const complete = await caughtUp(bus, { timeoutMs: catchUpMs, signal, wait: (ms) => delay(ms, undefined, { signal }) })
  if (!complete && !signal.aborted) log.warn('events of the time before could not all be read yet; going on')
  const jobs = await launcher.list()
  for (const entry of live.all()) {
    for (const { queueId, exit } of missingJobs(entry.queues.values(), jobs)) await change(queueId, [exit])
    const { stop_reason: reason } = entry.workflow
    if (reason !== undefined) for (const queueId of entry.queues.keys()) await change(queueId, [{ kind: 'stop', reason }])
    await refresher.save(entry)
  }
}

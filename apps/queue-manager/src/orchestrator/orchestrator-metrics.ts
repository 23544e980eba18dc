import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

export type OrchestratorMetrics = ReturnType<typeof orchestratorMetrics>

/** What the orchestrator counts. `state` is asked for at scrape time. */
export function orchestratorMetrics(registry: Registry) {
  const registers = [registry]
  let state = (): { workflows: Record<string, number>; queues: Record<string, number> } => ({ workflows: {}, queues: {} })
  const gauge = (name: string, help: string, which: 'workflows' | 'queues') => new Gauge({
    name, help, labelNames: ['status'], registers,
    collect() {
      this.reset()
      for (const [status, count] of Object.entries(state()[which])) this.set({ status }, count)
    },
  })
  gauge('streamforge_workflows', 'Workflows in memory: all that have not ended, and some that have', 'workflows')
  gauge('streamforge_queues', 'Queues of the workflows in memory', 'queues')
  return {
    countsFrom: (source: typeof state) => { state = source },
    launches: new Counter({ name: 'streamforge_job_launches_total', help: 'Jobs launched', labelNames: ['target'], registers }),
    decisions: new Counter({ name: 'streamforge_healing_decisions_total', help: 'Decisions of healing', labelNames: ['action'], registers }),
    relaunches: new Counter({ name: 'streamforge_job_relaunches_total', help: 'Jobs launched with an attempt above 1', labelNames: ['target'], registers }),
    events: new Counter({ name: 'streamforge_queue_events_total', help: 'Events read from queue-events', labelNames: ['status'], registers }),
    eventLag: new Gauge({ name: 'streamforge_queue_events_lag', help: 'Events not yet read, as of the last batch', labelNames: ['partition'], registers }),
    eventDelay: new Histogram({
      name: 'streamforge_queue_event_delay_seconds', help: 'From the sending of an event to its effect', buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30], registers,
    }),
    conflicts: new Counter({ name: 'streamforge_save_conflicts_total', help: 'Writes that somebody else was ahead of', registers }),
  }
}

import { Gauge, type Registry } from 'prom-client'

/** `epoch` is asked for at scrape time; it comes as a list, empty where nothing is known. */
export function leadershipMetrics(registry: Registry, epoch: () => readonly number[]): void {
  new Gauge({
    name: 'streamforge_queue_manager_epoch', help: 'Epoch in which this queue-manager leads; 0 while it stands by', registers: [registry],
    collect() { for (const value of epoch()) this.set(value) },
  })
}

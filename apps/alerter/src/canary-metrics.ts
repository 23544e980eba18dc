import type { Release } from '@streamforge/contracts'
import { Gauge, type Registry } from 'prom-client'
import type { CanaryFigure } from './sources/canaries.ts'

/** What stored canaries came to; of each app, more of the newest. Both lists are asked for at scrape time. */
export function canaryMetrics(registry: Registry, figures: () => readonly CanaryFigure[], releases: () => readonly Release[] = () => []): void {
  const registers = [registry]
  new Gauge({
    name: 'streamforge_canaries', help: 'New versions that ran as a shadow, by what came of it', labelNames: ['app', 'verdict'], registers,
    collect() {
      this.reset()
      for (const { app, verdict } of figures()) this.inc({ app, verdict })
    },
  })
  // A newer canary takes the place of the one before, with its labels.
  const ofNewest = (name: string, help: string, labels: readonly string[], show: (gauge: Gauge, figure: CanaryFigure) => void) => new Gauge({
    name, help, labelNames: ['app', 'version', ...labels], registers,
    collect() {
      this.reset()
      for (const figure of new Map(figures().map((each) => [each.app, each])).values()) show(this, figure)
    },
  })
  ofNewest('streamforge_canary_records', 'Records of the newest canary, by how the two versions compare', ['outcome'], (gauge, { app, version, records }) => {
    for (const [outcome, count] of Object.entries(records)) gauge.set({ app, version, outcome }, count)
  })
  ofNewest('streamforge_canary_run_seconds', 'How long the newest canary took', [], (gauge, { app, version, tookMs }) => gauge.set({ app, version }, tookMs / 1_000))
  ofNewest('streamforge_canary_finished_timestamp_seconds', 'When the newest canary ended', [], (gauge, { app, version, finishedAt }) => gauge.set({ app, version }, finishedAt / 1_000))
  ofNewest('streamforge_canary_delay_seconds', 'From an event to its live record, 95th percentile of the newest canary', ['of'], (gauge, { app, version, delays = {} }) => {
    for (const [of, ms] of Object.entries(delays)) gauge.set({ app, version, of }, ms / 1_000)
  })
  new Gauge({
    name: 'streamforge_release_promoted_timestamp_seconds', help: 'Since when jobs are launched with a promoted version', labelNames: ['app', 'version'], registers,
    collect() {
      this.reset()
      for (const { app, version, promoted_at: at } of releases()) this.set({ app, version }, at / 1_000)
    },
  })
}

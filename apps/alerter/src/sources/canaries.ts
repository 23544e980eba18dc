import { CanaryReport, Release, type CanaryApp } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { findOrNone } from './find-or-none.ts'
import type { Source } from './source.ts'

const recentMs = 3_600_000
/** A report is stored a moment after the time that it bears, by a clock of its own. */
const overlapMs = 600_000
const pageSize = 200

/** What a canary came to, in figures. Times are milliseconds. */
export interface CanaryFigure {
  app: CanaryApp
  version: string
  verdict: CanaryReport['verdict']
  finishedAt: number
  tookMs: number
  /** Records by how they compare. */
  records: Readonly<Record<'equal' | 'within_tolerance' | 'different' | 'missing' | 'extra', number>>
  /** Of live records, from their event to their publishing, the 95th percentile. */
  delays?: Readonly<Record<'current' | 'shadow', number>>
}

export interface Canaries extends Source {
  /** All that have been stored, the oldest first. */
  figures(): readonly CanaryFigure[]
  /** What jobs are launched with. */
  releases(): readonly Release[]
}

/**
 * New versions that ran as a shadow, and those that were promoted. `streamforge canary` is a command that ends: nothing can ask it for its
 * figures, but its reports are stored, and are read here.
 */
export function followCanaries(store: Store): Canaries {
  const known = new Map<string, CanaryFigure>()
  let releases: Release[] = []
  let newest = -Infinity
  const take = (document: StoredDocument) => {
    const report = CanaryReport.safeParse(document)
    if (!report.success) return
    known.set(report.data._key, figureOf(report.data))
    newest = Math.max(newest, report.data.finished_at)
  }
  return {
    everyMs: 15_000,
    async refresh() {
      const where = { finished_at: { gte: Math.max(0, newest - overlapMs) } }
      for (let offset = 0; ; offset += pageSize) {
        const page = await findOrNone(store, 'canaries', { where, sort: [{ field: 'finished_at', direction: 'asc' }], limit: pageSize, offset })
        page.forEach(take)
        if (page.length < pageSize) break
      }
      releases = (await findOrNone(store, 'releases', {})).flatMap((document) => Release.safeParse(document).data ?? [])
    },
    readings(now) {
      const refused = [...known.values()].filter(({ verdict, finishedAt }) => verdict === 'refused' && finishedAt > now - recentMs)
      return [...Map.groupBy(refused, ({ app, version }) => `${app} ${version}`).values()].map((same) => ({
        measure: 'streamforge_canary_recent_refusals' as const, labels: { app: same[0]!.app, version: same[0]!.version }, value: same.length,
      }))
    },
    figures: () => [...known.values()].sort((a, b) => a.finishedAt - b.finishedAt),
    releases: () => releases,
    close: async () => undefined,
  }
}

function figureOf({ app, version, verdict, started_at: startedAt, finished_at: finishedAt, comparison }: CanaryReport): CanaryFigure {
  const { equal, within_tolerance, different, missing, extra, latency } = comparison
  return {
    app, version, verdict, finishedAt, tookMs: finishedAt - startedAt, records: { equal, within_tolerance, different, missing, extra },
    ...(latency && { delays: { current: latency.current.p95, shadow: latency.shadow.p95 } }),
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CanaryReport, Release } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { canaryMetrics } from '../canary-metrics.ts'
import { followCanaries } from './canaries.ts'

const now = 1_790_000_000_000
const minute = 60_000
let directory: string
let store: Store
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-canaries-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

let made = 0
function report(more: Partial<CanaryReport> = {}, comparison: Partial<CanaryReport['comparison']> = {}): CanaryReport {
  const finished = more.finished_at ?? now
  return CanaryReport.parse({
    _key: `canary-${made++}`, app: 'processor', version: 'v0.2.0', queue_id: 'wf-all-features_5m-20250301-a1b2c3', shadow_queue_id: 'canary-wf-all-features_5m-20250301-a1b2c3-ffffff',
    tolerance: 1e-9, verdict: 'agreed', started_at: finished - 12_500, finished_at: finished,
    comparison: {
      compared: 10, equal: 10, within_tolerance: 0, different: 0, missing: 0, extra: 0, largest: 0, differences: [], missing_keys: [], extra_keys: [], slower: false, agree: true, ...comparison,
    },
    ...more,
  })
}

async function followed() {
  const canaries = followCanaries(store)
  const registry = new Registry()
  canaryMetrics(registry, canaries.figures, canaries.releases)
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return { canaries, lines }
}

it('is nothing while there has been no canary', async () => {
  const { canaries, lines } = await followed()
  await canaries.refresh!(now)
  expect([canaries.readings(now), await lines()]).toEqual([[], []])
})

it('shows what came of canaries, and of each app the newest', async () => {
  const { canaries, lines } = await followed()
  await store.ensureCollection('canaries')
  await store.writeBatch('canaries', [
    report({ version: 'v0.1.1', verdict: 'refused', finished_at: now - minute }, { equal: 7, different: 2, missing: 1, agree: false }),
    report({ verdict: 'promoted' }, { latency: { current: { records: 9, p50: 100, p95: 200 }, shadow: { records: 9, p50: 110, p95: 250 } } }),
    report({ app: 'predictor', version: 'v0.3.0' }),
  ])
  await store.ensureCollection('releases')
  await store.writeBatch('releases', [Release.parse({ _key: 'processor', app: 'processor', version: 'v0.2.0', canary: 'canary-1', promoted_at: now })])
  await canaries.refresh!(now)
  expect((await lines()).filter((line) => !/outcome=".*"} 0$/.test(line))).toEqual([
    'streamforge_canaries{app="processor",verdict="refused"} 1',
    'streamforge_canaries{app="processor",verdict="promoted"} 1',
    'streamforge_canaries{app="predictor",verdict="agreed"} 1',
    'streamforge_canary_records{app="processor",version="v0.2.0",outcome="equal"} 10',
    'streamforge_canary_records{app="predictor",version="v0.3.0",outcome="equal"} 10',
    'streamforge_canary_run_seconds{app="processor",version="v0.2.0"} 12.5',
    'streamforge_canary_run_seconds{app="predictor",version="v0.3.0"} 12.5',
    'streamforge_canary_finished_timestamp_seconds{app="processor",version="v0.2.0"} 1790000000',
    'streamforge_canary_finished_timestamp_seconds{app="predictor",version="v0.3.0"} 1790000000',
    'streamforge_canary_delay_seconds{app="processor",version="v0.2.0",of="current"} 0.2',
    'streamforge_canary_delay_seconds{app="processor",version="v0.2.0",of="shadow"} 0.25',
    'streamforge_release_promoted_timestamp_seconds{app="processor",version="v0.2.0"} 1790000000',
  ])
})

it('takes the place of the one before, and counts a report once however often it is read', async () => {
  const { canaries, lines } = await followed()
  await store.ensureCollection('canaries')
  const all = Array.from({ length: 450 }, (_, i) => report({ finished_at: now - (500 - i) * minute }))
  await store.writeBatch('canaries', all)
  await canaries.refresh!(now)
  await store.writeBatch('canaries', [report({ version: 'v0.4.0', verdict: 'accepted' }, { different: 3 })])
  await canaries.refresh!(now)
  await canaries.refresh!(now)
  const shown = await lines()
  expect(shown).toContain('streamforge_canaries{app="processor",verdict="agreed"} 450')
  expect(shown).toContain('streamforge_canaries{app="processor",verdict="accepted"} 1')
  expect(shown.filter((line) => line.includes('streamforge_canary_records'))).toHaveLength(5)
  expect(shown).toContain('streamforge_canary_records{app="processor",version="v0.4.0",outcome="different"} 3')
})

it('tells of versions that were refused within the hour', async () => {
  const { canaries } = await followed()
  await store.ensureCollection('canaries')
  await store.writeBatch('canaries', [
    report({ verdict: 'refused', finished_at: now - 61 * minute }), report({ verdict: 'refused' }), report({ verdict: 'refused', finished_at: now - minute }), report({ version: 'v0.3.0' }),
  ])
  await canaries.refresh!(now)
  expect(canaries.readings(now)).toEqual([{ measure: 'streamforge_canary_recent_refusals', labels: { app: 'processor', version: 'v0.2.0' }, value: 2 }])
  expect(canaries.readings(now + 61 * minute)).toEqual([])
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CanaryReport, shadowQueueId } from '@streamforge/contracts'
import { connectStore } from '@streamforge/store'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { workflows } from './grafana/dashboards/workflows.ts'
import { kafkaLag } from './grafana/dashboards/kafka-lag.ts'
import { collectMetrics, repositoryRoot } from './metrics/collect-metrics.ts'
import { readPromql } from './prometheus/read-promql.ts'

let directory: string
let platform: ChildProcess
let managerUrl: string
/** Service -> what it answers at /metrics. */
let scraped: Map<string, string>

const expected = ['queue-manager', 'loader-ws', 'arango-connector', 'alerter', 'feed-fetcher', 'feed-connector', 'influx-connector', 'dashboard']

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-observed-'))
  const web = join(directory, 'web')
  await mkdir(web)
  await writeFile(join(web, 'index.html'), '')
  platform = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning', join(repositoryRoot, 'apps/cli/src/main.ts'), 'up', '--data-dir', join(directory, 'data'), '--port', '0', '--dashboard-port', '0', '--simulate',
  ], { env: { ...process.env, DASHBOARD_WEB_DIR: web, ALERT_WEBHOOK_URL: 'http://127.0.0.1:1' }, stdio: ['ignore', 'ignore', 'pipe'] })
  managerUrl = await queueManagerUrl(platform)
  const answer = await fetch(`${managerUrl}/workflows`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ symbols: ['BTCUSDT'], types: ['ws_trades'], time_range: '2025-03-31:' }),
  })
  expect(answer.status).toBe(201)
  const foreign = await fetch(`${managerUrl}/workflows`, { method: 'POST', headers: { 'content-type': 'application/json', origin: 'https://elsewhere.example' }, body: '{}' })
  expect(foreign.status).toBe(403)
  await storeCanary()
  // Until trades have gone all the way, and the alerter has read them.
  await vi.waitFor(async () => {
    scraped = await scrape()
    const moved = /^streamforge_store_documents_written_total\{[^}]*\} [1-9]/m.test(scraped.get('arango-connector') ?? '')
    const watched = /^streamforge_series_silence_intervals\{[^}]*series="ws_trades"/m.test(scraped.get('alerter') ?? '')
    const lagging = /^streamforge_consumer_lag_messages\{/m.test(scraped.get('alerter') ?? '')
    // Its health is served before its pages are.
    const served = scraped.get('dashboard')?.includes('streamforge_http_refusals_total')
    const tried = /^streamforge_canary_recent_refusals\{/m.test(scraped.get('alerter') ?? '')
    expect([...expected.filter((service) => !scraped.has(service)), ...(tried ? [] : ['canary']), ...(served ? [] : ['pages']), ...(moved ? [] : ['records']), ...(watched ? [] : ['readings']), ...(lagging ? [] : ['lag'])]).toEqual([])
  }, { timeout: 90_000, interval: 500 })
}, 120_000)
afterAll(async () => {
  if (platform.exitCode === null) {
    platform.kill('SIGTERM')
    await once(platform, 'exit')
  }
  await rm(directory, { recursive: true, force: true })
}, 60_000)

/** As `streamforge canary` stores what it came to. */
async function storeCanary(): Promise<void> {
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'data', 'store.db') })
  await store.ensureCollection('canaries')
  await store.writeBatch('canaries', [CanaryReport.parse({
    _key: 'canary-ffffff', app: 'processor', version: 'v0.2.0', queue_id: 'wf-all-features_5m-20250301-a1b2c3', shadow_queue_id: shadowQueueId('wf-all-features_5m-20250301-a1b2c3', 'ffffff'),
    tolerance: 1e-9, verdict: 'refused', started_at: Date.now() - 9_000, finished_at: Date.now(),
    comparison: {
      compared: 5, equal: 3, within_tolerance: 0, different: 2, missing: 0, extra: 0, largest: 0.1, differences: [], missing_keys: [], extra_keys: [], slower: false, agree: false,
    },
  })])
  await store.close()
}

async function queueManagerUrl({ stderr }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stderr! })) {
    const url = /queue-manager\s+ready\s+(\S+)/.exec(line)?.[1]
    if (!url) continue
    stderr!.resume()
    return url
  }
  throw new Error('the platform ended before queue-manager was ready')
}

/** Every service and job says in its log where it shows its metrics. */
async function scrape(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const folder of ['logs', 'jobs']) {
    for (const name of await readdir(join(directory, 'data', folder)).catch(() => [])) {
      if (!name.endsWith('.log')) continue
      const lines = (await readFile(join(directory, 'data', folder, name), 'utf8')).split('\n').filter((line) => line.includes('"health server listening"'))
      const { service, port } = lines.length ? JSON.parse(lines.at(-1)!) as { service: string; port: number } : { service: '', port: 0 }
      const text = port ? await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text(), () => undefined) : undefined
      if (text !== undefined) found.set(service, text)
    }
  }
  return found
}

const types = (text: string) => new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => [match[1]!, match[2]!]))

it('shows at /metrics what docs/METRICS.md says, of each service that runs', async () => {
  for (const metric of await collectMetrics()) {
    for (const service of metric.services) {
      if (service === 'every service') for (const each of expected) expect([each, metric.name, types(scraped.get(each)!).get(metric.name)]).toEqual([each, metric.name, metric.type])
      else if (scraped.has(service)) expect([service, metric.name, types(scraped.get(service)!).get(metric.name)]).toEqual([service, metric.name, metric.type])
    }
  }
})

it.each([workflows, kafkaLag])('has every metric that the panels of $title ask for', ({ panels }) => {
  const all = new Set([...scraped.values()].flatMap((text) => [...types(text).keys()]))
  const asked = panels.flatMap(({ targets }) => targets.flatMap((target) => ('expr' in target ? readPromql(target.expr) : [])))
  const absent = asked.map(({ metric }) => metric).filter((metric) => !all.has(metric) && !all.has(metric.replace(/_(bucket|count|sum)$/, '')))
  expect(absent).toEqual([])
  expect(asked.length).toBeGreaterThan(5)
})

it('counts what goes on: workflows, launches, records sent and stored, lag, what is refused and what came of new versions', () => {
  const counted: [string, RegExp][] = [
    ['queue-manager', /^streamforge_workflows\{[^}]*status="running"[^}]*\} 1$/m], ['queue-manager', /^streamforge_job_launches_total\{[^}]*target="loader-producer"[^}]*\} [1-9]/m],
    ['loader-ws', /^streamforge_live_frames_total\{[^}]*\} [1-9]/m], ['loader-ws', /^streamforge_bus_messages_published_total\{[^}]*topic="wf-[^}]*\} [1-9]/m],
    ['arango-connector', /^streamforge_bus_messages_consumed_total\{[^}]*topic="wf-[^}]*\} [1-9]/m], ['alerter', /^streamforge_alert_evaluations_total\{[^}]*\} [1-9]/m],
    ['queue-manager', /^streamforge_http_refusals_total\{[^}]*reason="not_allowed"[^}]*\} 1$/m], ['queue-manager', /^streamforge_http_budget_used_ratio\{[^}]*budget="changes"[^}]*\} /m],
    ['alerter', /^streamforge_canary_records\{[^}]*outcome="different"[^}]*\} 2$/m], ['alerter', /^streamforge_canaries\{[^}]*verdict="refused"[^}]*\} 1$/m],
  ]
  for (const [service, pattern] of counted) expect([service, scraped.get(service)]).toEqual([service, expect.stringMatching(pattern)])
})

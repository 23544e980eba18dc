import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { alertDefinitions, alertMeasures, measurements } from '@streamforge/contracts'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { dashboards } from './grafana/all-dashboards.ts'
import { readFlux } from './grafana/read-flux.ts'
import { collectMetrics, metricFiles, repositoryRoot, seriesNames, type MetricDescription } from './metrics/collect-metrics.ts'
import { namingProblems } from './metrics/metric-names.ts'
import { observabilityDocuments } from './observability-documents.ts'
import { alertName, alertRule, promDuration, watchdogRules } from './prometheus/alert-rules.ts'
import { readPromql } from './prometheus/read-promql.ts'

interface CommittedTarget { refId: string; datasource: { type: string; uid: string }; expr?: string; query?: string; legendFormat?: string }
interface CommittedPanel { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number }; fieldConfig: { defaults: { unit: string } }; targets: CommittedTarget[] }
interface CommittedVariable { name: string; type: string; query: string | { query: string }; datasource?: { uid: string } }
interface CommittedDashboard { uid: string; title: string; panels: CommittedPanel[]; templating: { list: CommittedVariable[] } }

const folder = join(repositoryRoot, 'docker/grafana/dashboards')
let metrics: MetricDescription[]
let known: Map<string, MetricDescription>
let committed: [string, CommittedDashboard][]

beforeAll(async () => {
  metrics = await collectMetrics()
  known = new Map(metrics.flatMap((metric) => seriesNames(metric).map((name) => [name, metric] as const)))
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  committed = await Promise.all(files.map(async (name) => [name, JSON.parse(await readFile(join(folder, name), 'utf8')) as CommittedDashboard] as const)) as [string, CommittedDashboard][]
})

/** Of the process itself, by prom-client; and what Prometheus adds. */
const isForeign = (metric: string) => /^(process|nodejs)_/.test(metric) || metric === 'up'

/** What of a query is not there. */
function missing(query: string): string[] {
  return readPromql(query).flatMap(({ metric, labels }) => {
    if (isForeign(metric)) return []
    const description = known.get(metric)
    if (!description) return [`${metric} is no metric`]
    return labels.filter((label) => !description.labels.includes(label) && label !== 'service' && label !== 'le').map((label) => `${metric} has no label ${label}`)
  })
}

describe('what is made by npm run docs', () => {
  it('is what is committed', async () => {
    const stale: string[] = []
    for (const [path, content] of Object.entries(await observabilityDocuments())) {
      if ((await readFile(join(repositoryRoot, path), 'utf8').catch(() => '')) !== content) stale.push(path)
    }
    expect(stale).toEqual([])
  })

  it('is all that lies there', () => {
    expect(committed.map(([name]) => name).toSorted()).toEqual(Object.keys(dashboards).map((name) => `${name}.json`).toSorted())
  })
})

describe('metrics', () => {
  it('are named after what they are, with their unit', () => {
    expect(metrics.length).toBeGreaterThan(50)
    expect(metrics.flatMap(namingProblems)).toEqual([])
  })

  it('are made in files that the reference is made of, and nowhere else', async () => {
    const files = new Set((await metricFiles()).map(({ file }) => file))
    const strays: string[] = []
    for (const app of await readdir(join(repositoryRoot, 'apps'))) {
      const source = join(repositoryRoot, 'apps', app, 'src')
      for (const path of existsSync(source) ? await readdir(source, { recursive: true }) : []) {
        const file = join('apps', app, 'src', path)
        if (!path.endsWith('.ts') || /\.test\.ts$|-fixture\.ts$/.test(path) || files.has(file)) continue
        if (/new (Counter|Gauge|Histogram|Summary)\(|\bcreateCounter\(/.test(await readFile(join(repositoryRoot, file), 'utf8'))) strays.push(file)
      }
    }
    expect(strays).toEqual([])
  })

  it('with bad names are found out', () => {
    const bad = (more: Partial<MetricDescription>) => namingProblems({ name: 'streamforge_a_total', type: 'counter', help: 'something', labels: [], services: [], ...more })
    expect(bad({})).toEqual([])
    expect(bad({ name: 'streamforge_a' })).toHaveLength(1)
    expect(bad({ name: 'streamforge_delay_ms', type: 'gauge' })).toHaveLength(1)
    expect(bad({ name: 'streamforge_delay', type: 'histogram' })).toHaveLength(1)
    expect(bad({ labels: ['service'] })).toHaveLength(1)
  })
})

describe('reading PromQL', () => {
  it('finds metrics and labels, however they are wrapped', () => {
    expect(readPromql('sum by (a) (rate(one_total{x="1", y!~"b"}[$__rate_interval])) / two > 3')).toEqual([{ metric: 'one_total', labels: ['x', 'y'] }, { metric: 'two', labels: [] }])
    expect(() => readPromql('sum(rate(one_total[5m])')).toThrow('not PromQL')
  })
})

describe('dashboards', () => {
  it('are told apart, and so are their panels', () => {
    expect(committed.length).toBeGreaterThanOrEqual(6)
    expect(new Set(committed.map(([, { uid }]) => uid)).size).toBe(committed.length)
    expect(new Set(committed.map(([, { title }]) => title)).size).toBe(committed.length)
    for (const [name, { panels }] of committed) {
      expect([name, new Set(panels.map(({ id }) => id)).size]).toEqual([name, panels.length])
      expect([name, new Set(panels.map(({ title }) => title)).size]).toEqual([name, panels.length])
    }
  })

  it('have panels side by side, none on another, each with a unit', () => {
    for (const [name, { panels }] of committed) {
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, i) => `${x + i % w},${y + Math.floor(i / w)}`))
      expect([name, cells.length]).toEqual([name, new Set(cells).size])
      expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([])
      expect(panels.filter(({ fieldConfig }) => !fieldConfig.defaults.unit).map(({ title }) => title)).toEqual([])
    }
  })

  it('choose their data sources by variables', () => {
    for (const [name, { panels, templating }] of committed) {
      const sources = new Set(templating.list.filter(({ type }) => type === 'datasource').map(({ query }) => query))
      const used = [...panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource.uid)), ...templating.list.flatMap(({ datasource }) => datasource?.uid ?? [])]
      expect([name, used.filter((uid) => !sources.has(uid.slice(2, -1)) || !/^\$\{\w+\}$/.test(uid))]).toEqual([name, []])
    }
  })

  it('ask Prometheus only for metrics and labels that there are', () => {
    const targets = committed.flatMap(([, { panels }]) => panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr ?? [])))
    expect(targets.length).toBeGreaterThan(40)
    expect(targets.flatMap(missing)).toEqual([])
    expect(missing('rate(streamforge_nothing_total[5m])')).toEqual(['streamforge_nothing_total is no metric'])
    expect(missing('streamforge_feeds{nothing="x"}')).toEqual(['streamforge_feeds has no label nothing'])
  })

  it('ask InfluxDB only for measurements, fields and tags that there are, and for variables that they have', () => {
    let queries = 0
    for (const [name, { panels, templating }] of committed) {
      const asked = [
        ...panels.flatMap(({ targets }) => targets.flatMap(({ query }) => query ?? [])),
        ...templating.list.flatMap(({ type, query }) => (type === 'query' && typeof query === 'object' ? query.query : [])),
      ]
      for (const query of asked) {
        queries++
        expect([name, query, fluxProblems(query)]).toEqual([name, query, []])
        const variables = [...query.matchAll(/\$\{(\w+)(?::\w+)?\}/g)].map((match) => match[1])
        expect(variables.filter((variable) => !templating.list.some((each) => each.name === variable))).toEqual([])
      }
    }
    expect(queries).toBeGreaterThan(20)
    expect(fluxProblems('filter(fn: (r) => r._measurement == "candles" and r._field == "nothing")')).toEqual(['nothing'])
  })
})

function fluxProblems(query: string): string[] {
  const read = readFlux(query)
  const [measurement] = read.measurements
  if (read.measurements.length !== 1 || !measurement || !(measurement in measurements)) return [`measurements: ${read.measurements.join(', ')}`]
  const { fields, tags } = measurements[measurement as keyof typeof measurements]
  return [...read.fields.filter((field) => !(field in fields)), ...read.tags.filter((tag) => !(tag in tags))]
}

it('the analysis of a rollout asks only for metrics and labels that there are', async () => {
  const text = await readFile(join(repositoryRoot, 'k8s/progressive/analysis.yaml'), 'utf8')
  const { spec } = parse(text) as { spec: { metrics: { provider: { prometheus: { query: string } } }[] } }
  const queries = spec.metrics.map(({ provider }) => provider.prometheus.query.replaceAll(/\{\{args\.\w+\}\}/g, 'x'))
  expect(queries.length).toBeGreaterThanOrEqual(4)
  // Added by Prometheus, of the pod.
  expect(queries.flatMap(missing).filter((problem) => !problem.endsWith('has no label rollouts_pod_template_hash'))).toEqual([])
})

describe('rules for Prometheus', () => {
  it('are one for each definition, over the same measure and threshold', () => {
    for (const definition of alertDefinitions) {
      const rule = alertRule(definition)
      expect(missing(rule.expr)).toEqual([])
      expect(readPromql(rule.expr).map(({ metric }) => metric)).toEqual([definition.measure])
      expect(rule.expr).toMatch(new RegExp(`> ${definition.above}$`))
      const named = [...rule.annotations.summary!.matchAll(/\$labels\.(\w+)/g)].map((match) => match[1]!)
      expect(named.filter((name) => !(alertMeasures[definition.measure].labels as readonly string[]).includes(name))).toEqual([])
    }
    expect(watchdogRules.flatMap(({ expr }) => missing(expr))).toEqual([])
  })

  it('are named and timed in the words of Prometheus', () => {
    expect(alertName('price_jump')).toBe('StreamForgePriceJump')
    expect([promDuration(90_000), promDuration(300_000), promDuration(1_500)]).toEqual(['90s', '5m', '1500ms'])
  })
})

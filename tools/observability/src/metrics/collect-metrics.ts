import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createMetrics } from '@streamforge/service'
import { Registry } from 'prom-client'

export const repositoryRoot = resolve(import.meta.dirname, '../../../..')

/** A metric as its service registers it. */
export interface MetricDescription {
  name: string
  /** counter, gauge, histogram or summary. */
  type: string
  help: string
  labels: readonly string[]
  /** That register it. */
  services: readonly string[]
}

/** Files of apps in which metrics are made: each exports functions that take a registry and register all of theirs. */
export async function metricFiles(root = repositoryRoot): Promise<{ service: string; file: string }[]> {
  const files: { service: string; file: string }[] = []
  for (const app of await readdir(join(root, 'apps'))) {
    const paths = await readdir(join(root, 'apps', app, 'src'), { recursive: true }).catch(() => [])
    for (const path of paths) {
      const file = join('apps', app, 'src', path)
      if (/(^|[/-])metrics\.ts$/.test(path)) files.push({ service: await serviceOf(join(root, file)) ?? app, file })
    }
  }
  return files.toSorted((a, b) => a.file.localeCompare(b.file))
}

/** An app may have a second service in a folder of its own, whose main.ts says what it is called. */
async function serviceOf(file: string): Promise<string | undefined> {
  const main = await readFile(join(dirname(file), 'main.ts'), 'utf8').catch(() => '')
  return /run(?:Service|Worker)\('([a-z-]+)'/.exec(main)?.[1]
}

/** All metrics of StreamForge's own, by registering them as the services do; sorted by name. Those that every service has come with 'every service'. */
export async function collectMetrics(root = repositoryRoot): Promise<MetricDescription[]> {
  const found = new Map<string, MetricDescription>()
  const shared = createMetrics('docs')
  await describe(shared.registry, 'every service', found)
  shared.close()
  for (const { service, file } of await metricFiles(root)) {
    const module = await import(pathToFileURL(join(root, file)).href) as Record<string, unknown>
    for (const register of Object.values(module)) {
      if (typeof register !== 'function') continue
      const registry = new Registry()
      // Some read what they show when they are asked: here there is nothing.
      ;(register as (registry: Registry, state: () => never[]) => unknown)(registry, () => [])
      await describe(registry, service, found)
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

async function describe(registry: Registry, service: string, found: Map<string, MetricDescription>): Promise<void> {
  for (const metric of registry.getMetricsAsArray() as unknown as { name: string; help: string; labelNames?: string[] }[]) {
    if (!metric.name.startsWith('streamforge_')) continue
    const { type } = await (metric as unknown as { get(): Promise<{ type: string }> }).get()
    const known = found.get(metric.name)
    if (known && (known.type !== type || known.help !== metric.help)) throw new Error(`${metric.name} is not the same in ${known.services.join(', ')} and in ${service}`)
    found.set(metric.name, {
      name: metric.name, type, help: metric.help, labels: metric.labelNames ?? [], services: [...new Set([...(known?.services ?? []), service])],
    })
  }
}

/** The names under which a metric's series come: a histogram has three. */
export function seriesNames({ name, type }: Pick<MetricDescription, 'name' | 'type'>): string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_count`, `${name}_sum`]
  if (type === 'summary') return [name, `${name}_count`, `${name}_sum`]
  return [name]
}

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { kinds } from '../plan/fault.ts'
import { kubernetesFolder, readManifests, readSchedules, readWorkflow, selectorsIn } from './read-manifests.ts'

const nameLabel = 'app.kubernetes.io/name'
/** Apps of pods that run all the time, as k8s/base has them. */
async function appsOfBase(): Promise<Set<string>> {
  const folders = await readdir(join(kubernetesFolder, 'base'))
  const files = await Promise.all(folders.flatMap((folder) => ['deployment.yaml', 'stateful-set.yaml'].map((file) =>
    readManifests(join('base', folder, file)).catch(() => []))))
  return new Set(files.flat().map(({ spec }) => (spec.template as { metadata: { labels: Record<string, string> } }).metadata.labels[nameLabel]!))
}
/** Those of Jobs, as queue-manager knows them. */
async function appsOfJobs(): Promise<Set<string>> {
  const images = await readFile(join(kubernetesFolder, '../apps/queue-manager/src/images.ts'), 'utf8')
  return new Set([...images.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)].map((match) => match[1]!))
}

it('every selector names pods that there are', async () => {
  const apps = new Set([...await appsOfBase(), ...await appsOfJobs()])
  expect([...apps]).toEqual(expect.arrayContaining(['queue-manager', 'store-server', 'loader-api', 'arango-connector']))
  const [cluster] = (await readManifests('dependencies/kafka/cluster.yaml')).filter(({ kind }) => kind === 'Kafka')
  const { namespace } = cluster!.metadata as unknown as { namespace: string }
  const selectors = selectorsIn([await readSchedules(), await readWorkflow()])
  expect(selectors.length).toBeGreaterThan(20)
  for (const selector of selectors) {
    const { namespaces, labelSelectors: labels, expressionSelectors = [] } = selector as {
      namespaces: string[]; labelSelectors: Record<string, string>; expressionSelectors?: { key: string; operator: string; values: string[] }[]
    }
    if (namespaces.includes('stf')) {
      expect(Object.keys(labels).every((key) => key === 'app' || key === nameLabel), JSON.stringify(labels)).toBe(true)
      if ('app' in labels) expect(labels.app).toBe('streamforge')
      const named = [...(labels[nameLabel] === undefined ? [] : [labels[nameLabel]]), ...expressionSelectors.flatMap(({ values }) => values)]
      for (const app of named) expect([...apps]).toContain(app)
      expect(expressionSelectors.every(({ key, operator }) => key === nameLabel && operator === 'In')).toBe(true)
    } else {
      expect(namespaces).toEqual([namespace])
      expect(labels['strimzi.io/cluster']).toBe(cluster!.metadata.name)
    }
  }
})

it('the Workflow makes the same faults as the Schedules, each followed by a rest', async () => {
  const schedules = await readSchedules()
  const { templates, entry } = (await readWorkflow()).spec as { entry: string; templates: { name: string; templateType: string; deadline?: string; children?: string[] }[] }
  const all = templates.find(({ name }) => name === entry)!
  expect(all.children).toEqual(schedules.flatMap(({ metadata }) => [metadata.name, 'recover']))
  for (const { metadata, spec } of schedules) {
    const field = Object.keys(spec).find((key) => key.endsWith('Chaos'))!
    const { duration, ...fault } = spec[field] as { duration?: string }
    const template = templates.find(({ name }) => name === metadata.name) as unknown as Record<string, unknown>
    expect(template).toMatchObject({ templateType: spec.type, deadline: duration ?? '10s', [field]: fault })
  }
})

it('has every kind of fault that somebody outside of the platform can make', async () => {
  const names = (await readSchedules()).map(({ metadata }) => metadata.name)
  // A pod that fails is paused, and a zombie once it comes back. Poison and a second launch are messages and calls: `npm run chaos` makes them.
  const covered: Partial<Record<(typeof kinds)[number], string>> = { 'pause-job': 'freeze-job', 'pause-service': 'kill-service', 'zombie-job': 'network-partition-bus' }
  for (const kind of kinds.filter((k) => k !== 'poison' && k !== 'double-launch')) {
    expect(names.some((name) => name.startsWith(covered[kind] ?? kind)), kind).toBe(true)
  }
})

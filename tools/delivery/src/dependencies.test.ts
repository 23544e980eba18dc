import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { catalog } from '@streamforge/contracts'
import { parse, parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { generatedManifests } from './manifests/generated.ts'
import { lastingTopics } from './manifests/kafka-topics.ts'

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const files = ['argocd', 'k8s'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`)).filter((path) => path.endsWith('.yaml'))

interface Source { repoURL: string; path?: string; chart?: string; targetRevision: string; helm?: { valuesObject: object } }
interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> }
  spec?: { source?: Source; sources?: Source[]; syncPolicy?: object; triggers?: { metadata: { topic: string; consumerGroup: string } }[]; sourceRepos?: string[] }
  data?: Record<string, string>
}
const manifestsOf = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest).filter((manifest) => manifest?.metadata !== undefined)
const all = files.filter((path) => !path.includes('/rules/')).flatMap((path) => manifestsOf(path).map((manifest) => ({ path, ...manifest })))
const applications = all.filter(({ kind }) => kind === 'Application')

describe('manifests', () => {
  it.each(Object.keys(generatedManifests(root)))("%s is what 'npm run manifests' writes", (path) => {
    expect(read(path)).toBe(generatedManifests(root)[path])
  })

  it('are each part of a kustomization', () => {
    const listed = new Set(files.filter((path) => path.endsWith('kustomization.yaml')).flatMap((path) => {
      const { resources = [], components = [], patches = [], configMapGenerator = [] } = parse(read(path)) as
        { resources?: string[]; components?: string[]; patches?: { path?: string }[]; configMapGenerator?: { files?: string[] }[] }
      return [...resources, ...components, ...patches.flatMap(({ path: file }) => file ?? []), ...configMapGenerator.flatMap(({ files: of = [] }) => of.map((name) => name.split('=').at(-1)!))].map((name) => join(dirname(path), name))
    }))
    for (const path of listed) expect(existsSync(join(root, path)), path).toBe(true)
    const own = files.filter((path) => /^(argocd|k8s\/(dependencies|observability|parameters))\//.test(path) && !path.endsWith('kustomization.yaml') && !path.includes('/rules/'))
    expect(own.length).toBeGreaterThan(60)
    for (const path of own) expect(listed.has(path), path).toBe(true)
  })

  it('hold no secret: none of that kind, no value where one belongs', () => {
    for (const path of files) expect(read(path), path).not.toMatch(/^kind: Secret$/m)
    const values = (value: unknown, name = ''): [string, unknown][] => (Array.isArray(value) ? value.flatMap((item) => values(item, name))
      : typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, inner]) => values(inner, key)) : [[name, value]])
    const suspicious = all.flatMap(({ path, ...manifest }) => values(manifest).filter(([name, value]) => /pass(word)?$|passwd|token$|secret_?key$|credential/i.test(name) && typeof value === 'string').map(([name, value]) => ({ path, name, value })))
    // Names of Secrets and keys, and where a file of them is mounted.
    expect(suspicious.filter(({ value }) => !/^[a-z-]+$|^\/etc\/|^S3_|^[A-Z_]+$/.test(value as string))).toEqual([])
  })

  it('name images by version, and one version of each', () => {
    const images = new Map<string, Set<string>>()
    for (const path of files) for (const [, image, version] of read(path).matchAll(/image: (?:&\w+ )?([\w./-]+\/[\w-]+|influxdb):([\w.-]+)$/gm)) images.set(image!, (images.get(image!) ?? new Set()).add(version!))
    expect(images.size).toBeGreaterThan(10)
    for (const [image, versions] of images) expect([image, versions.size, [...versions].some((version) => /latest|main|nightly/.test(version))]).toEqual([image, 1, false])
    const compose = read('docker/compose.yml')
    for (const [, image, version] of compose.matchAll(/image: (\S+):(\S+)$/gm)) if (images.has(image!)) expect([...images.get(image!)!], image).toEqual([version])
  })
})

describe('the production overlay', () => {
  it("names Kafka as Strimzi does, and the file of the authority where every pod has it", () => {
    const { data } = all.find(({ path }) => path === 'k8s/overlays/production/settings/configuration.yaml')!
    const kafka = manifestsOf('k8s/dependencies/kafka/cluster.yaml').find(({ kind }) => kind === 'Kafka')! as Manifest & { spec: { kafka: { listeners: { port: number }[] } } }
    const { kafka: { listeners: [listener] } } = kafka.spec
    expect(data!['KAFKA_BROKERS']).toBe(`${kafka.metadata.name}-kafka-bootstrap.streamforge-dependencies:${listener!.port}`)
    for (const pod of ['pod', 'stored-pod']) expect(read(`k8s/base/pods/${pod}.yaml`)).toContain(`mountPath: ${dirname(data!['NODE_EXTRA_CA_CERTS']!)}\n`)
  })
})

describe('parameters', () => {
  const parameters = Object.keys((parse(read('k8s/parameters/parameters.yaml')) as Manifest).data!)
  const { replacements } = parse(read('k8s/parameters/kustomization.yaml')) as { replacements: { source: { fieldPath: string }; targets: unknown[] }[] }

  it('are all used, and nothing is replaced by one that is not there', () => {
    expect(new Set(replacements.map(({ source }) => source.fieldPath.replace('data.', '')))).toEqual(new Set(parameters))
  })

  it('say of images what the platform itself runs', () => {
    const { data } = parse(read('k8s/parameters/parameters.yaml')) as Manifest
    const { data: configuration } = parse(read('k8s/base/configuration.yaml')) as Manifest
    expect([data!['imageRegistry'], data!['imageVersion']]).toEqual([configuration!['IMAGE_REGISTRY'], configuration!['IMAGE_VERSION']])
  })

  it('are the one place: nobody else names a domain, a storage class or this repository', () => {
    const values = parse(read('k8s/parameters/parameters.yaml')) as Manifest
    for (const path of files.filter((file) => /^(argocd|k8s\/dependencies)\//.test(file))) {
      for (const name of ['domain', 'repository', 'nfsServer', 'addresses', 'mail']) expect(read(path).includes(values.data![name]!), `${path} names ${name}`).toBe(false)
      for (const [, name] of read(path).matchAll(/storageClass(?:Name)?: (\S+)/g)) expect([path, name]).toEqual([path, expect.stringMatching(/^(parameter|"")$/) as string])
    }
  })
})

describe('Argo CD', () => {
  const wave = (name: string) => Number(applications.find(({ metadata }) => metadata.name === name)!.metadata.annotations!['argocd.argoproj.io/sync-wave'])

  it('brings what others stand on first: operators, servers, what observes them, the platform', () => {
    expect(applications.length).toBeGreaterThan(30)
    const order = ['cert-manager', 'strimzi', 'kafka', 'observability', 'streamforge-services', 'backup']
    const waves = order.map(wave)
    expect(waves).toEqual(waves.toSorted((a, b) => a - b))
    expect(new Set(waves).size).toBe(order.length)
  })

  it('takes what there is: folders of this repository, charts of one version each, from allowed places', () => {
    const allowed = all.find(({ kind }) => kind === 'AppProject')!.spec!.sourceRepos!
    for (const { metadata, spec, path } of applications) {
      for (const { repoURL, path: folder, chart, targetRevision } of [...(spec!.sources ?? []), ...(spec!.source ? [spec!.source] : [])]) {
        expect(allowed, `${path}: ${repoURL}`).toContain(repoURL)
        if (folder !== undefined) expect(existsSync(join(root, folder, 'kustomization.yaml')), `${metadata.name}: ${folder}`).toBe(true)
        if (chart !== undefined) expect(targetRevision, chart).toMatch(/^v?\d+\.\d+\.\d+$/)
      }
      expect(spec!.syncPolicy, metadata.name).toMatchObject({ automated: { prune: true, selfHeal: true } })
    }
    const names = applications.map(({ metadata }) => metadata.name)
    expect(new Set(names).size).toBe(names.length)
  })

  it('installs every folder of dependencies that is not applied by hand', () => {
    const taken = new Set(applications.map(({ spec }) => spec!.source?.path))
    const folders = readdirSync(join(root, 'k8s/dependencies')).filter((name) => name !== 'restore')
    for (const name of folders) expect(taken, name).toContain(`k8s/dependencies/${name}`)
  })
})

describe('scaling', () => {
  it('goes by groups and topics that services read with, and scales what there is', () => {
    const scaled = all.filter(({ kind }) => kind === 'ScaledObject')
    expect(scaled.length).toBeGreaterThan(2)
    const topics = new Set(lastingTopics().map(({ name }) => name))
    for (const { metadata, spec } of scaled) {
      expect(all.some(({ kind, metadata: { name } }) => kind === 'Deployment' && name === metadata.name), metadata.name).toBe(true)
      for (const { metadata: { topic, consumerGroup } } of spec!.triggers!) {
        expect(topics).toContain(topic)
        const entry = Object.values(catalog).find((candidate) => candidate.topic === topic)!
        expect(Object.values<readonly string[]>(entry.groups).flat(), `${consumerGroup} of ${topic}`).toContain(consumerGroup)
      }
    }
  })
})

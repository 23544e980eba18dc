import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { imageApps } from '@streamforge/images'
import { parse, parseAllDocuments } from 'yaml'
import { describe, expect, it } from 'vitest'
import { extendedJob, readPipeline } from './read-pipeline.ts'

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const apps = await imageApps(root)
const pipeline = readPipeline(root)
const names = [...pipeline.jobs.keys()].filter((name) => !name.startsWith('.'))
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }

const npmScripts = (text: string) => [...text.matchAll(/npm (?:run (?:--silent )?)?([a-z][\w:-]*)/g)].map((match) => match[1]!).filter((name) => name !== 'ci')

describe('.gitlab-ci.yml', () => {
  it('has one template, and it stands for every app with an image', () => {
    const services = pipeline.include.filter(({ local }) => local === '.gitlab/service.yml').map(({ inputs }) => inputs!['service'])
    expect(services).toEqual(apps)
    expect(names.filter((name) => name.startsWith('image '))).toEqual(apps.map((app) => `image ${app}`))
  })

  it('has only jobs of its stages, each with something to do', () => {
    expect(pipeline.stages).toEqual(['setup', 'build', 'test', 'deploy'])
    for (const name of names) {
      const job = extendedJob(pipeline, name)
      expect(pipeline.stages, name).toContain(job.stage)
      expect(job.script?.length, name).toBeGreaterThan(0)
    }
    expect(new Set(names.map((name) => extendedJob(pipeline, name).stage))).toEqual(new Set(pipeline.stages))
  })

  it('needs only jobs that there are, of the same stage or one before', () => {
    for (const name of names) {
      const { stage, needs = [] } = extendedJob(pipeline, name)
      for (const need of needs) {
        const needed = typeof need === 'string' ? need : need.job
        expect(names, `${name} needs ${needed}`).toContain(needed)
        const conditional = extendedJob(pipeline, needed).rules !== undefined
        if (conditional) expect(need, `${needed} is not in every pipeline`).toMatchObject({ optional: true })
        expect(pipeline.stages.indexOf(extendedJob(pipeline, needed).stage!)).toBeLessThanOrEqual(pipeline.stages.indexOf(stage!))
      }
    }
  })

  it('runs only what there is', () => {
    for (const name of names) {
      const { script = [], before_script = [] } = extendedJob(pipeline, name)
      const lines = [...before_script, ...script].join('\n')
      for (const called of npmScripts(lines)) expect(Object.keys(scripts), `${name} runs npm run ${called}`).toContain(called)
      for (const [path] of lines.matchAll(/(?<![./\w])(?:tools|k8s|libs|docker|\.gitlab)\/[\w./-]+\w/g)) expect(existsSync(join(root, path)), `${name} names ${path}`).toBe(true)
    }
    for (const { local } of pipeline.include) expect(existsSync(join(root, local)), local).toBe(true)
    for (const name of names) for (const { changes = [] } of extendedJob(pipeline, name).rules ?? []) {
      for (const glob of changes) expect(existsSync(join(root, glob.replace(/\*.*$/, ''))), `${name} waits for changes of ${glob}`).toBe(true)
    }
  })

  it('tests what a change affects, and everything on the default branch', () => {
    expect(extendedJob(pipeline, 'affected')).toMatchObject({ rules: [{ if: expect.stringContaining('merge_request') as unknown }] })
    expect(extendedJob(pipeline, 'affected').script!.join()).toMatch(/nx affected .*-t lint test/)
    expect(extendedJob(pipeline, 'tests').script).toEqual(['npm test'])
  })
})

describe('releases', () => {
  it('are named in VERSION of every app with an image, alike, and in its package.json', () => {
    const named = readdirSync(join(root, 'apps')).filter((app) => existsSync(join(root, 'apps', app, 'VERSION')))
    expect(named).toEqual(apps)
    const versions = apps.map((app) => read(`apps/${app}/VERSION`))
    expect(new Set(versions).size).toBe(1)
    expect(versions[0]).toMatch(/^\d+\.\d+\.\d+\n$/)
    for (const app of apps) expect((JSON.parse(read(`apps/${app}/package.json`)) as { version: string }).version, app).toBe(versions[0]!.trim())
    const { data } = parse(read('k8s/base/configuration.yaml')) as { data: Record<string, string> }
    expect(data['IMAGE_VERSION']).toBe(`v${versions[0]!.trim()}`)
  })

  it('are deployed by two lines more in the configuration of the overlay', () => {
    const overlay = `k8s/overlays/${pipeline.variables['OVERLAY']!}`
    const { data } = parse(`${read(`${overlay}/settings/configuration.yaml`)}  IMAGE_REGISTRY: example:5000/streamforge\n  IMAGE_VERSION: v9.9.9\n`) as { data: Record<string, string> }
    expect(data).toMatchObject({ IMAGE_REGISTRY: 'example:5000/streamforge', IMAGE_VERSION: 'v9.9.9' })
    expect(extendedJob(pipeline, 'deploy').script![0]).toContain("printf '  IMAGE_REGISTRY: %s\\n  IMAGE_VERSION: v%s\\n'")
  })
})

interface Rule { apiGroups: string[]; resources: string[]; verbs: string[] }
interface Manifest { kind: string; apiVersion: string; metadata: { name: string; namespace?: string }; rules?: Rule[] }
const manifestsOf = (path: string) => parseAllDocuments(read(path)).map((document) => document.toJS() as Manifest)

describe('the deployer', () => {
  const manifests = ['k8s/base', 'k8s/overlays'].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml')).flatMap((name) => manifestsOf(`${folder}/${name}`)))
  const rules = manifestsOf('.gitlab/deployer.yaml').flatMap((manifest) => manifest.rules ?? [])
  const may = (group: string, resource: string, verb: string) =>
    rules.some(({ apiGroups, resources, verbs }) => apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb))

  it('may apply every kind that the manifests have', () => {
    const applied = manifests.filter(({ kind, apiVersion }) => kind !== undefined && !apiVersion.startsWith('kustomize'))
    expect(applied.length).toBeGreaterThan(30)
    for (const { kind, apiVersion } of applied) {
      const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : ''
      const resource = kind.toLowerCase().replace(/y$/, 'ie') + 's'
      for (const verb of ['get', 'patch', ...(kind === 'Namespace' ? [] : ['create'])]) expect(may(group, resource, verb), `${verb} ${resource}`).toBe(true)
    }
  })

  it('has what the roles that it gives have, without which Kubernetes refuses', () => {
    const given = manifests.filter(({ kind }) => kind === 'Role').flatMap((role) => role.rules!)
    expect(given.length).toBeGreaterThan(0)
    for (const { apiGroups, resources, verbs } of given) for (const group of apiGroups) for (const resource of resources) for (const verb of verbs) {
      expect(may(group, resource, verb), `${verb} ${resource}`).toBe(true)
    }
  })
})

describe('Jenkinsfile', () => {
  const text = read('Jenkinsfile')
  const listed = (field: string) => [...text.matchAll(new RegExp(`\\b${field}: \\[([^\\]]*)\\]`, 'g'))].flatMap((match) => match[1]!.match(/[a-z][\w/-]*/g)!)

  it('is the chain model, backend, frontend, deploy', () => {
    expect([...text.matchAll(/stage\('([\w-]+)'\)/g)].map((match) => match[1])).toEqual(['setup', 'model', 'backend', 'frontend', 'deploy'])
    for (const link of ['model', 'backend', 'frontend']) expect(text).toContain(`publish(links.${link})`)
  })

  it('makes every image once, and tests every workspace', () => {
    expect(listed('apps').sort()).toEqual(apps)
    const workspaces = ['apps', 'libs'].flatMap((kind) => readdirSync(join(root, kind)).map((name) => `${kind}/${name}`)).filter((path) => existsSync(join(root, path, 'package.json')))
    expect(listed('dirs').sort()).toEqual([...workspaces, 'tools'].sort())
  })

  it('runs only what there is, and its brackets are balanced', () => {
    for (const called of npmScripts(text)) expect(Object.keys(scripts)).toContain(called)
    for (const [open, close] of ['{}', '[]', '()']) expect(text.split(open!).length, open).toBe(text.split(close!).length)
  })
})

import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { beforeAll, describe, expect, it } from 'vitest'
import { mayConnect, type End } from './may-connect.ts'
import type { NetworkPolicy } from './network-policies.ts'
import { policyFiles } from './policy-files.ts'
import { busServices, type Server } from './service-connections.ts'

const root = resolve(import.meta.dirname, '../../../..')
const base = 'k8s/base/network/policies.yaml'
const local = 'k8s/overlays/local/network.yaml'
const committed = new Map<string, string>()
const parsed = new Map<string, NetworkPolicy[]>()
beforeAll(async () => {
  for (const path of [base, local]) {
    const text = await readFile(join(root, path), 'utf8')
    committed.set(path, text)
    parsed.set(path, parseAllDocuments(text).map((document) => document.toJS() as NetworkPolicy))
  }
})
const policies = (...paths: string[]) => paths.flatMap((path) => parsed.get(path)!)

it('what is committed is what is generated', () => {
  expect(Object.fromEntries(committed)).toEqual(policyFiles())
})

const pod = (name: string, more: Record<string, string> = {}): End => ({ labels: { app: 'streamforge', 'app.kubernetes.io/name': name, ...more }, namespace: { name: 'stf' } })
const elsewhere = (namespace: string, labels: Record<string, string> = {}): End => ({ labels: { app: 'other' }, namespace: { name: namespace, labels } })
const dependencies = elsewhere('streamforge-dependencies', { 'streamforge.io/dependencies': 'true' })
const tcp = (port: number) => ({ protocol: 'TCP', port }) as const
const every = busServices.map(({ name }) => name)

/** Names of the services that may. */
const whoMay = (to: End, port: number, paths = [base]) => every.filter((name) => mayConnect(policies(...paths), 'stf', pod(name), to, tcp(port)))
const using = (server: Server) => busServices.filter(({ uses }) => uses.includes(server)).map(({ name }) => name)

describe('let through what the contracts need', () => {
  it.each([[9092, every], [9093, every], [9000, using('objects')], [8086, using('series')], [5432, using('settings')], [5000, using('mlflow')], [8529, using('store')]] as const)('port %i of the servers', (port, names) => {
    expect(names.length).toBeGreaterThan(0)
    expect(whoMay(dependencies, port)).toEqual(names)
  })

  it('the store to those who store, queue-manager to the dashboard, venues to those who ask them', () => {
    expect(whoMay(pod('store-server'), 8087)).toEqual(using('store'))
    expect(whoMay(pod('queue-manager'), 8080)).toEqual(['dashboard'])
    expect(whoMay({ address: '203.0.113.7' }, 9443)).toEqual(['queue-manager', 'loader-api', 'loader-ws', 'feed-fetcher', 'alerter'])
    expect(whoMay({ address: '203.0.113.7' }, 587)).toEqual(['alerter'])
  })

  it('Prometheus to every service, people to two, and names to all', () => {
    const prometheus = elsewhere('monitoring', { 'streamforge.io/monitoring': 'true' })
    const door = elsewhere('ingress', { 'streamforge.io/ingress': 'true' })
    for (const name of every) {
      expect(mayConnect(policies(base), 'stf', prometheus, pod(name), tcp(9464))).toBe(true)
      expect(mayConnect(policies(base), 'stf', pod(name), elsewhere('kube-system'), { protocol: 'UDP', port: 53 })).toBe(true)
    }
    expect(every.filter((name) => [8080, 8081].some((port) => mayConnect(policies(base), 'stf', door, pod(name), tcp(port))))).toEqual(['queue-manager', 'dashboard'])
  })

  it('on one machine, its servers and the simulator', () => {
    expect(whoMay({ address: '192.0.2.10' }, 9092, [base, local])).toEqual(every)
    expect(whoMay({ address: '192.0.2.10' }, 5432, [base, local])).toEqual(using('settings'))
    expect(whoMay(pod('exchange-simulator'), 8090, [base, local])).toEqual(using('venues'))
  })
})

describe('refuse the rest', () => {
  it.each([
    ['a pod of another namespace to the store', elsewhere('default'), pod('store-server'), 8087],
    ['a pod of another namespace to the measures', elsewhere('default'), pod('processor'), 9464],
    ['a pod of ours without a name to Kafka', { labels: { app: 'streamforge' }, namespace: { name: 'stf' } }, dependencies, 9092],
    ['a loader to the store', pod('loader-api'), pod('store-server'), 8087],
    ['a loader to an address of the private network', pod('loader-ws'), { address: '10.0.0.7' }, 443],
    ['a loader to the metadata of a cloud', pod('loader-api'), { address: '169.254.169.254' }, 443],
    ['a trainer to the world', pod('trainer'), { address: '203.0.113.7' }, 443],
    ['the store to the world', pod('store-server'), { address: '203.0.113.7' }, 443],
    ['the dashboard to the API server', pod('dashboard'), { address: '10.96.0.1' }, 443],
    ['one service to another', pod('processor'), pod('predictor'), 9464],
    ['people to the measures', elsewhere('ingress', { 'streamforge.io/ingress': 'true' }), pod('queue-manager'), 9464],
    ['a database that only settings use', pod('alerter'), dependencies, 5432],
  ] satisfies [string, End, End, number][])('%s', (_what, from, to, port) => {
    expect(mayConnect(policies(base), 'stf', from, to, tcp(port))).toBe(false)
  })

  it('and would let it through without the policies', () => {
    expect(mayConnect([], 'stf', elsewhere('default'), pod('store-server'), tcp(8087))).toBe(true)
  })
})

/** How an app's source shows that it uses a server. */
const signs: Partial<Record<Server, RegExp>> = {
  store: /\bstore\(\)|store: connect\b|context\.store\b/, objects: /\bobjects\(\)|objects: connectObjects\b/, series: /\bseries\(\)/, mlflow: /mlflowOptions/, settings: /connectSettings/,
}

it.each([...new Set(busServices.map(({ app }) => app))])('%s uses what its source says, and nothing else', async (app) => {
  const folder = join(root, 'apps', app, 'src')
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts') && !/\.test\.ts$|fixture|test-platform/.test(name))
  const source = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n')
  const uses = new Set(busServices.filter((service) => service.app === app).flatMap((service) => [...service.uses]))
  for (const [server, sign] of Object.entries(signs)) expect(sign.test(source), server).toBe(uses.has(server as Server))
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runToEnd } from '../run-to-end.ts'
import { clusterAddresses, interfaceName, nodeName } from './cluster-addresses.ts'
import { writeProgramImage } from './containers.ts'
import { kubernetesAvailable, runningKubernetes, startKubernetes, type KubernetesServer } from './index.ts'
import { kubernetesPrograms } from './programs.ts'

const controlPlane = await kubernetesAvailable({ node: false })
const available = await kubernetesAvailable()
const other = available.ok ? await runningKubernetes() : undefined
const whyNot = available.ok ? (other && `a Kubernetes with a node runs already in ${other.directory}`) : available.reason

describe.skipIf(!controlPlane.ok)(`a control plane without a node${controlPlane.ok ? '' : ` (skipped: ${controlPlane.reason})`}`, () => {
  test('checks what it is given, and leaves nothing when stopped', async () => {
    const server = await startKubernetes({ node: false })
    try {
      const pod = join(server.directory, 'pod.json')
      await writeFile(pod, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'wrong' }, spec: { containers: [{ name: 'a', image: 'a', replicas: 2 }] } }))
      await expect(server.kubectl('apply', '--dry-run=server', '-f', pod)).rejects.toThrow('unknown field "spec.containers[0].replicas"')
    } finally {
      await server.stop()
    }
    expect(Object.values(server.pids).filter((pid) => existsSync(`/proc/${pid}`))).toEqual([])
    expect(existsSync(server.directory)).toBe(false)
  }, 120_000)
})

describe.skipIf(whyNot !== undefined)(`a node${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  const image = 'streamforge.internal/holder:1'
  let server: KubernetesServer
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-kubernetes-test-'))
    server = await startKubernetes()
    const { node } = await kubernetesPrograms({ node: true })
    await writeProgramImage(join(folder, 'image.tar'), { program: join(node!, 'pause'), image })
  }, 180_000)

  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
    expect(whatIsLeft(server)).toEqual([])
  }, 60_000)

  test('runs pods of an image that was loaded, on a volume', async () => {
    expect(await server.loadImage(join(folder, 'image.tar'))).toEqual([image])
    await writeFile(join(folder, 'objects.json'), JSON.stringify(list(claim, pod(image))))
    await server.kubectl('apply', '-f', join(folder, 'objects.json'))
    await server.kubectl('wait', '--for=condition=Ready', 'pod/holder', '--timeout=60s')
    const node = JSON.parse(await server.kubectl('get', 'node', nodeName, '-o', 'json')) as { metadata: { labels: Record<string, string> } }
    expect(node.metadata.labels['streamforge-worker']).toBe('true')
    expect(await server.kubectl('get', 'pod', 'holder', '-o', 'jsonpath={.status.hostIP}')).toBe(clusterAddresses.host)
    expect(await server.kubectl('logs', 'holder')).toBe('')
  }, 90_000)

  test('names of Services are found, and those beyond them asked elsewhere', async () => {
    const { status, output } = await runToEnd('node', ['-e', `const r = new (require('dns').promises.Resolver)(); r.setServers(['${clusterAddresses.host}']); r.resolve4('kubernetes.default.svc.${clusterAddresses.domain}').then((a) => console.log(a.join()))`])
    expect([status, output.trim()]).toEqual([0, clusterAddresses.api])
  })

  test('a part that dies is started again', async () => {
    process.kill(server.pids['kube-scheduler']!, 'SIGKILL')
    await server.kubectl('delete', 'pod', 'holder', '--wait=true')
    await server.kubectl('apply', '-f', join(folder, 'objects.json'))
    await server.kubectl('wait', '--for=condition=Ready', 'pod/holder', '--timeout=60s')
  }, 120_000)

  test('a second one is refused', async () => {
    await expect(startKubernetes()).rejects.toThrow('a Kubernetes with a node runs already')
  }, 30_000)
})

function whatIsLeft({ directory, pids }: KubernetesServer): string[] {
  return [
    ...Object.entries(pids).filter(([, pid]) => existsSync(`/proc/${pid}`)).map(([name]) => name),
    ...[directory, `/sys/class/net/${interfaceName}`, '/run/streamforge-kubernetes', '/sys/fs/cgroup/memory/kubepods'].filter(existsSync),
    ...readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => line.includes(directory) || line.includes('streamforge-kubernetes')),
    ...readdirSync('/sys/class/net').filter((name) => name.startsWith('veth')),
  ]
}

const list = (...items: object[]) => ({ apiVersion: 'v1', kind: 'List', items })

const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }

const pod = (image: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'holder' },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'holder', image, imagePullPolicy: 'Never', volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
  },
})

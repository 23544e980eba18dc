import { setTimeout as delay } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeNodeAnnotation, startKwok, type KubernetesServer } from '@streamforge/servers/kubernetes'
import { allocatable, type NodeSize } from './node-size.ts'
import type { Pods } from './pack-nodes.ts'

export interface Placement {
  placed: number
  /** Pods for which Kubernetes' scheduler finds no room. */
  unplaced: number
}

const simulated = 'streamforge.io/simulated'

/**
 * Whether Kubernetes' own scheduler finds room for these pods on so many nodes of a size: the nodes are kwok's, the pods are real objects of a real API server, and nothing
 * runs. The largest pods come first, as the plan counts them. Removes what it made.
 */
export async function simulatePlacement(kubernetes: KubernetesServer, { pods, nodes, size }: { pods: readonly Pods[]; nodes: number; size: NodeSize }): Promise<Placement> {
  const run = `capacity-${randomBytes(4).toString('hex')}`
  const kwok = await startKwok(kubernetes)
  try {
    await apply(kubernetes, [namespace(run), ...Array.from({ length: nodes }, (_, index) => fakeNode(run, index, size))])
    const largestFirst = [...pods].sort((a, b) => b.megabytes - a.megabytes || b.cores - a.cores)
    await apply(kubernetes, largestFirst.flatMap((kind) => Array.from({ length: kind.count }, (_, index) => fakePod(run, kind, index))))
    return await settled(kubernetes, run, pods.reduce((sum, { count }) => sum + count, 0))
  } finally {
    await kubernetes.kubectl('delete', 'namespace', run, '--ignore-not-found', '--wait=false')
    await kubernetes.kubectl('delete', 'nodes', '-l', `${simulated}=${run}`, '--ignore-not-found')
    await kwok.stop()
  }
}

async function apply(kubernetes: KubernetesServer, items: readonly object[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-capacity-'))
  try {
    const file = join(folder, 'objects.json')
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await kubernetes.kubectl('create', '-f', file)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Every pod has a node, or the scheduler has said of each of the others that it fits nowhere. */
async function settled(kubernetes: KubernetesServer, run: string, expected: number): Promise<Placement> {
  const giveUp = AbortSignal.timeout(120_000)
  for (;;) {
    const { items } = JSON.parse(await kubernetes.kubectl('get', 'pods', '-n', run, '-o', 'json')) as { items: PodObject[] }
    const placed = items.filter(({ spec }) => spec.nodeName !== undefined).length
    const unplaced = items.filter(({ status }) => status.conditions?.some(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')).length
    if (placed + unplaced === expected && items.length === expected) return { placed, unplaced }
    giveUp.throwIfAborted()
    await delay(250)
  }
}

interface PodObject {
  spec: { nodeName?: string }
  status: { conditions?: { type: string; reason?: string }[] }
}

const namespace = (run: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: run, labels: { [simulated]: run } } })

function fakeNode(run: string, index: number, size: NodeSize): object {
  const room = allocatable(size)
  const resources = (cores: number, megabytes: number) => ({ cpu: `${Math.round(cores * 1_000)}m`, memory: `${megabytes}Mi`, pods: '110' })
  return {
    apiVersion: 'v1', kind: 'Node',
    metadata: { name: `${run}-${index}`, labels: { [simulated]: run }, annotations: { [fakeNodeAnnotation.name]: fakeNodeAnnotation.value } },
    // Nothing but the simulation may land on a node where nothing runs.
    spec: { taints: [{ key: simulated, value: run, effect: 'NoSchedule' }] },
    status: { capacity: resources(size.cores, size.megabytes), allocatable: resources(room.cores, room.megabytes) },
  }
}

function fakePod(run: string, { app, cores, megabytes }: Pods, index: number): object {
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name: `${app}-${index}`, namespace: run },
    spec: {
      nodeSelector: { [simulated]: run }, tolerations: [{ key: simulated, operator: 'Exists' }], automountServiceAccountToken: false,
      containers: [{ name: app, image: `streamforge/${app}`, resources: { requests: { cpu: `${Math.round(cores * 1_000)}m`, memory: `${megabytes}Mi` } } }],
    },
  }
}

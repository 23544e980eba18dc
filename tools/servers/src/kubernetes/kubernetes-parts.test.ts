import { expect, test } from 'vitest'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeIsReady } from './api-client.ts'
import { bootstrapObjects } from './bootstrap-objects.ts'
import { claim, claimedBy } from './claim.ts'
import { nodeRunDirectory, readState, writeState, type ClusterState } from './cluster-state.ts'
import { processStart } from '../process-identity.ts'
import { apiServerArguments, type ControlPlaneLayout } from './control-plane-arguments.ts'
import { stagingReplacements } from './go-builds.ts'
import { containerdSocket, networkConfiguration } from './node-configuration.ts'

test('every staging module that Kubernetes names without a version is taken from the same release, others as they are', () => {
  const replaced = stagingReplacements('require (\n\tk8s.io/api v0.0.0\n\tk8s.io/utils v0.0.0-20260210185600-b8788abfbbc2\n\tk8s.io/klog/v2 v2.140.0\n\tk8s.io/metrics v0.0.0 // indirect\n)')
  expect(replaced.split('\n').filter((line) => line.includes('=>'))).toEqual(['\tk8s.io/api => k8s.io/api v0.36.3', '\tk8s.io/metrics => k8s.io/metrics v0.36.3'])
})

test('a node counts as ready only by a report of this life', () => {
  const node = (status: string, lastHeartbeatTime: string) => JSON.stringify({ status: { conditions: [{ type: 'DiskPressure', status: 'False' }, { type: 'Ready', status, lastHeartbeatTime }] } })
  const started = Date.parse('2026-01-01T00:00:10.700Z')
  expect(nodeIsReady(node('True', '2026-01-01T00:00:10Z'), started)).toBe(true)
  expect(nodeIsReady(node('True', '2026-01-01T00:00:09Z'), started)).toBe(false)
  expect(nodeIsReady(node('False', '2026-01-01T00:00:20Z'), started)).toBe(false)
  expect(nodeIsReady('{}', started)).toBe(false)
})

test('without a node the API server announces no address to pods', () => {
  const layout: ControlPlaneLayout = { directory: '/d', address: '127.0.0.1', apiPort: 6443, etcdPort: 2379, etcdPeerPort: 2380, node: false }
  expect(apiServerArguments(layout)).toContain('--endpoint-reconciler-type=none')
  expect(apiServerArguments({ ...layout, node: true })).toContain('--advertise-address=127.0.0.1')
})

test('volumes are bound to the node, one folder each', () => {
  const { items } = bootstrapObjects({ volumes: ['/v/1', '/v/2'] }) as { items: { kind: string; spec?: { local?: { path: string } } }[] }
  expect(items.filter(({ kind }) => kind === 'PersistentVolume').map(({ spec }) => spec?.local?.path)).toEqual(['/v/1', '/v/2'])
})

test('sockets stay below the limit of their paths, and pods have a wire each', () => {
  expect(containerdSocket({ directory: '/a'.repeat(200), run: nodeRunDirectory }).length).toBeLessThan(100)
  expect(JSON.parse(networkConfiguration({ directory: '/d', run: '/r' })) as object).toMatchObject({ plugins: [{ type: 'ptp' }] })
})

test('a state counts only while the process that wrote it lives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-state-'))
  try {
    const state: ClusterState = { pid: process.pid, processStarted: (await processStart(process.pid))!, url: 'u', kubeconfig: 'k', directory: folder, programs: 'p', components: {}, since: 0 }
    await writeState(folder, state)
    expect(await readState(folder)).toEqual(state)
    await writeState(folder, { ...state, processStarted: '1' })
    expect(await readState(folder)).toBeUndefined()
    await writeFile(join(folder, 'cluster.json'), JSON.stringify({ ...state, pid: 2 ** 22 + 1 }))
    expect(await readState(folder)).toBeUndefined()
    expect(await readState(join(folder, 'nothing'))).toBeUndefined()
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what a live process has claimed is refused to others, what a dead one had is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-claim-'))
  const file = join(folder, 'claim')
  try {
    const release = await claim(file, 'a thing')
    await expect(claim(file, 'a thing')).rejects.toThrow(`a thing runs already, or is being started or stopped, by process ${process.pid}`)
    expect(await claimedBy(file)).toBe(process.pid)
    await release()
    expect(await claimedBy(file)).toBeUndefined()
    await writeFile(file, JSON.stringify({ pid: process.pid, processStarted: '1' }))
    await (await claim(file, 'a thing'))()
  } finally {
    await rm(folder, { recursive: true })
  }
})

import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runToEnd } from '../run-to-end.ts'
import { nodeIsReady, type ApiClient } from './api-client.ts'
import { nodeName } from './cluster-addresses.ts'
import { nodeRunDirectory } from './cluster-state.ts'
import { startComponent, type Component } from './component.ts'
import { importImage, removeContainers, writeProgramImage } from './containers.ts'
import { stopInReverse } from './control-plane.ts'
import { killLeftProcesses, removeControlGroups, removeTraces, unmountBelow } from './leftovers.ts'
import { setUpNetwork, tearDownNetwork } from './network.ts'
import {
  containerdConfiguration, containerdSocket, corednsConfiguration, kubeletArguments, kubeletConfiguration, kubeProxyConfiguration, networkConfiguration, sandboxImage,
  type NodeLayout,
} from './node-configuration.ts'
import { until } from './until.ts'

export interface ClusterNode {
  components: Component[]
  stop(): Promise<void>
}

export interface NodeOptions {
  directory: string
  /** Folder of kubelet, kube-proxy, coredns, pause. */
  programs: string
  log: (line: string) => void
  onRestarted: () => void
}

/** The host's address for pods, which the API server listens on; what an earlier life left behind is removed first. */
export async function prepareMachine(directory: string): Promise<void> {
  const layout: NodeLayout = { directory, run: nodeRunDirectory }
  await removeLeftovers(layout)
  await mkdir(layout.run, { recursive: true, mode: 0o711 })
  await setUpNetwork(directory)
}

/** The container runtime, ready to run pods. Independent of the API server. */
export async function startContainerd({ directory, programs, log, onRestarted }: NodeOptions): Promise<Component> {
  const layout: NodeLayout = { directory, run: nodeRunDirectory }
  const socket = containerdSocket(layout)
  await writeConfiguration(layout)
  const containerd = startComponent({
    name: 'containerd', program: 'containerd', args: ['--config', join(directory, 'containerd.toml'), '--log-level', 'warn'], logFile: join(directory, 'logs', 'containerd.log'), onEnded: log, onRestarted,
  })
  await until('containerd', async () => (await stat(socket).catch(() => undefined)) !== undefined && (await runToEnd('ctr', ['--address', socket, 'version'])).status === 0)
  await removeContainers(socket)
  await importPause(layout, join(programs, 'pause'))
  return containerd
}

/** Joins the node to the cluster; resolves when it is ready and names can be looked up. */
export async function startNode({ directory, programs, log, onRestarted }: NodeOptions, containerd: Component, api: ApiClient): Promise<ClusterNode> {
  const layout: NodeLayout = { directory, run: nodeRunDirectory }
  const since = Date.now()
  const start = (name: string, args: readonly string[]) => startComponent({ name, program: join(programs, name), args, logFile: join(directory, 'logs', `${name}.log`), onEnded: log, onRestarted })
  const components = [
    containerd,
    start('kubelet', kubeletArguments(layout)),
    start('kube-proxy', [`--config=${join(directory, 'kube-proxy.json')}`]),
    start('coredns', ['-conf', join(directory, 'Corefile')]),
  ]
  const stop = () => stopNode(layout, components)
  try {
    await until('the node', async () => {
      const { status, text } = await api.get(`/api/v1/nodes/${nodeName}`)
      return status === 200 && nodeIsReady(text, since)
    })
    await until('coredns', () => fetch('http://127.0.0.1:8181/ready').then((answer) => answer.ok, () => false))
  } catch (error) {
    await stop()
    throw error
  }
  return { components, stop }
}

async function stopNode(layout: NodeLayout, components: readonly Component[]): Promise<void> {
  const [containerd, ...others] = components
  await stopInReverse(others)
  await removeContainers(containerdSocket(layout)).catch(() => {})
  await containerd?.stop()
  await removeLeftovers(layout)
}

/** What pods, the kubelet and containerd leave on a machine, however they ended. */
export async function removeLeftovers(layout: NodeLayout): Promise<void> {
  await killLeftProcesses(containerdSocket(layout))
  await unmountBelow(layout.run, join(layout.directory, 'kubelet'), join(layout.directory, 'containerd'))
  await removeControlGroups()
  await removeTraces(join(layout.directory, 'pod-logs'))
  await tearDownNetwork(layout.directory)
  await rm(layout.run, { recursive: true, force: true })
}

async function writeConfiguration(layout: NodeLayout): Promise<void> {
  const { directory } = layout
  await Promise.all(['cni', 'logs', 'pod-logs'].map((name) => mkdir(join(directory, name), { recursive: true })))
  const files = {
    'containerd.toml': containerdConfiguration(layout),
    'cni/10-streamforge.conflist': networkConfiguration(layout),
    'kubelet.json': kubeletConfiguration(layout),
    'kube-proxy.json': kubeProxyConfiguration(layout),
    Corefile: corednsConfiguration(layout),
  }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text)))
}

async function importPause(layout: NodeLayout, program: string): Promise<void> {
  const archive = join(layout.directory, 'pause.tar')
  await writeProgramImage(archive, { program, image: sandboxImage })
  await importImage(containerdSocket(layout), archive)
  await rm(archive)
}

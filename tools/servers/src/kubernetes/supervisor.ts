import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { runToEnd } from '../run-to-end.ts'
import { bootstrapObjects } from './bootstrap-objects.ts'
import { claim } from './claim.ts'
import { clusterAddresses } from './cluster-addresses.ts'
import { directoryClaim, nodeClaim, nodeRunDirectory, writeState, type ClusterState } from './cluster-state.ts'
import { processStart } from '../process-identity.ts'
import { startControlPlane, stopInReverse, type ControlPlane } from './control-plane.ts'
import type { ControlPlaneLayout } from './control-plane-arguments.ts'
import { containerdSocket } from './node-configuration.ts'
import { prepareMachine, removeLeftovers, startContainerd, startNode, type ClusterNode, type NodeOptions } from './node.ts'
import type { KubernetesPrograms } from './programs.ts'

export interface SupervisorOptions {
  directory: string
  programs: KubernetesPrograms
  /** Removes the directory at the end. */
  temporary: boolean
  /** Local volumes for claims to bind. */
  volumes: number
}

export interface RunningCluster {
  state: ClusterState
  stop(): Promise<void>
}

/** Runs a whole cluster below this process: control plane and, where its programs are given, a node. */
export async function runCluster(options: SupervisorOptions, log: (line: string) => void): Promise<RunningCluster> {
  const { directory, programs } = options
  const hasNode = programs.node !== undefined
  await mkdir(directory, { recursive: true, mode: 0o711 })
  const undo: (() => Promise<void>)[] = [await claim(directoryClaim(directory), `a Kubernetes in ${directory}`), () => rm(join(directory, 'cluster.json'), { force: true })]
  const stop = async () => {
    for (const step of undo.toReversed()) await step()
    if (options.temporary) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    if (hasNode) await claimMachine(directory, undo)
    // Nobody asks for a part's process before all are up.
    let write = () => Promise.resolve()
    const current = await startParts(options, { log, onRestarted: () => void write().catch((error: unknown) => log(`the cluster's state could not be written: ${String(error)}`)) }, undo)
    write = async () => {
      await writeState(directory, current())
      if (hasNode) await writeState(nodeRunDirectory, current())
    }
    await write()
    return { state: current(), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Starts everything in its order; `undo` gets what ends it. Resolves with what tells its state at any time: a part that is started again has another process. */
async function startParts(options: SupervisorOptions, told: Pick<NodeOptions, 'log' | 'onRestarted'>, undo: (() => Promise<void>)[]): Promise<() => ClusterState> {
  const { directory, programs } = options
  const layout = await layOut(directory, programs.node !== undefined)
  const controlPlane = await startControlPlane({ layout, programs: programs.controlPlane, ...told, ...(programs.node === undefined ? {} : { scheduler: programs.node }) })
  undo.push(() => stopInReverse(controlPlane.components))
  const kubeconfig = join(directory, 'admin.kubeconfig')
  await applyBootstrap(options, kubeconfig)
  const node = programs.node === undefined ? undefined : await startWholeNode({ directory, programs: programs.node, ...told }, controlPlane, undo)
  const since = Date.now()
  const processStarted = (await processStart(process.pid)) ?? ''
  return () => ({
    pid: process.pid, processStarted, url: controlPlane.url, kubeconfig, directory, programs: programs.controlPlane,
    ...(node ? { containerdSocket: containerdSocket({ directory, run: nodeRunDirectory }) } : {}),
    components: Object.fromEntries([...controlPlane.components, ...(node?.components ?? [])].map(({ name, pid }) => [name, pid])),
    since,
  })
}

async function startWholeNode(options: NodeOptions, { api }: ControlPlane, undo: (() => Promise<void>)[]): Promise<ClusterNode> {
  const containerd = await startContainerd(options)
  undo.push(() => containerd.stop())
  const node = await startNode(options, containerd, api)
  undo.push(node.stop)
  return node
}

async function layOut(directory: string, node: boolean): Promise<ControlPlaneLayout> {
  return {
    directory, node,
    address: node ? clusterAddresses.host : '127.0.0.1',
    apiPort: node ? clusterAddresses.apiPort : await freePort(),
    etcdPort: await freePort(),
    etcdPeerPort: await freePort(),
  }
}

/** There can be one node on a machine: its interface, mounts and processes have names of their own. */
async function claimMachine(directory: string, undo: (() => Promise<void>)[]): Promise<void> {
  undo.push(await claim(nodeClaim, 'a Kubernetes with a node'))
  undo.push(() => removeLeftovers({ directory, run: nodeRunDirectory }))
  await prepareMachine(directory)
}

async function applyBootstrap({ directory, programs, volumes }: SupervisorOptions, kubeconfig: string): Promise<void> {
  const paths = Array.from({ length: programs.node === undefined ? 0 : volumes }, (_, index) => join(directory, 'volumes', `${index + 1}`))
  for (const path of paths) await mkdir(path, { recursive: true })
  const file = join(directory, 'bootstrap.json')
  await writeFile(file, JSON.stringify(bootstrapObjects({ volumes: paths })))
  const { status, output } = await runToEnd(join(programs.controlPlane, 'kubectl'), ['--kubeconfig', kubeconfig, 'apply', '-f', file])
  if (status !== 0) throw new Error(`the cluster's first objects were refused: ${output.slice(-1000)}`)
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { installDebianPackages } from '../debian-packages.ts'
import { runToEnd } from '../run-to-end.ts'
import { claimedBy } from './claim.ts'
import { directoryClaim, nodeRunDirectory, readComponents, readState, type ClusterState } from './cluster-state.ts'
import { processStart } from '../process-identity.ts'
import { importImage } from './containers.ts'
import { kubernetesPrograms } from './programs.ts'
import type { SupervisorOptions } from './supervisor.ts'
import { until } from './until.ts'

export interface KubernetesOptions {
  /** Default true. Without a node it is an API server that stores and checks what it is given: enough for dry-runs, up in seconds. */
  node?: boolean
  /** Where its data, logs and admin.kubeconfig go; default: a temporary folder, removed by stop(). An existing one is continued, with the images loaded. */
  directory?: string
  /** Volumes of 10 GiB (a promise, not a limit) in class `local` for claims to bind; default 8. */
  volumes?: number
  log?: (line: string) => void
}

export interface KubernetesServer {
  readonly url: string
  /** Path of its administrator's kubeconfig. */
  readonly kubeconfig: string
  readonly directory: string
  /** Of its parts now, by name; `supervisor` ends them all in order on SIGTERM, any other is started again a second after it ended. */
  readonly pids: Readonly<Record<string, number>>
  /** Runs kubectl of the same version to its end; rejects with what it printed when it failed. */
  kubectl(...args: string[]): Promise<string>
  /** Loads an image archive (`podman save`) into the node; returns the names of its images. */
  loadImage(archive: string): Promise<string[]>
  stop(): Promise<void>
}

/** Debian's container runtime, its network plugins and what kube-proxy calls. */
const nodePackages = ['containerd', 'runc', 'containernetworking-plugins', 'nftables', 'conntrack', 'iproute2', 'openssl']

const supervise = fileURLToPath(new URL('./supervise.ts', import.meta.url))

/** Starts a Kubernetes on this machine that ends with this process; resolves when its node is ready. There can be one with a node on a machine. */
export async function startKubernetes(options: KubernetesOptions = {}): Promise<KubernetesServer> {
  const prepared = await prepare(options)
  const child = spawn(process.execPath, [supervise, JSON.stringify(prepared), 'attached'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit')
  const state = await untilReady(child, options.log)
  child.unref()
  for (const pipe of [child.stdin, child.stdout] as unknown as { unref(): void }[]) pipe.unref()
  return handle(state, async () => {
    child.ref()
    child.stdin.end()
    await ended
  })
}

/** Starts one that outlives this process, or finds the one that runs in the directory already; `stop` of the handle ends it. */
export async function startKubernetesDetached(options: KubernetesOptions & { directory: string }): Promise<KubernetesServer> {
  const running = await runningKubernetes(options.directory)
  if (running) return running
  const prepared = await prepare(options)
  await mkdir(prepared.directory, { recursive: true })
  const logFile = join(prepared.directory, 'supervisor.log')
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, [supervise, JSON.stringify(prepared)], { stdio: ['ignore', log, log], detached: true })
  closeSync(log)
  child.unref()
  let state: ClusterState | undefined
  await until('Kubernetes', async () => {
    state = await readState(prepared.directory)
    if (state) return true
    // Who was faster is waited for.
    if (child.exitCode !== null && (await claimedBy(directoryClaim(prepared.directory))) === undefined) throw new Error(`Kubernetes ended while starting: ${(await readFile(logFile, 'utf8')).slice(-2000)}`)
    return false
  }, 300_000)
  return handle(state!, () => stopDetached(state!))
}

/** The cluster that runs detached in `directory`, or, without one, the machine's one with a node, whoever started it; undefined when there is none. */
export async function runningKubernetes(directory: string = nodeRunDirectory): Promise<KubernetesServer | undefined> {
  const state = await readState(resolve(directory))
  return state && handle(state, () => stopDetached(state))
}

async function stopDetached({ pid, processStarted }: ClusterState): Promise<void> {
  process.kill(pid, 'SIGTERM')
  await until('the end of Kubernetes', async () => (await processStart(pid)) !== processStarted)
}

async function prepare({ node = true, directory, volumes = 8, log }: KubernetesOptions): Promise<SupervisorOptions> {
  if (node && process.getuid?.() !== 0) throw new Error('a Kubernetes node needs root: it makes network interfaces and mounts')
  await installDebianPackages(node ? nodePackages : ['openssl'], log)
  const programs = await kubernetesPrograms({ node, ...(log ? { log } : {}) })
  return { directory: resolve(directory ?? (await mkdtemp(join(tmpdir(), 'kubernetes-server-')))), programs, temporary: directory === undefined, volumes }
}

async function untilReady(child: ChildProcess, log: (line: string) => void = () => {}): Promise<ClusterState> {
  const lines = createInterface({ input: child.stdout! })
  return new Promise((resolveState, reject) => {
    lines.on('line', (line) => {
      const told = JSON.parse(line) as { log?: string; ready?: ClusterState; error?: string }
      if (told.log !== undefined) log(told.log)
      if (told.ready) resolveState(told.ready)
      if (told.error !== undefined) reject(new Error(`Kubernetes could not be started: ${told.error}`))
    })
    child.once('exit', () => reject(new Error('Kubernetes ended while starting')))
    child.once('error', reject)
  })
}

function handle(state: ClusterState, stop: () => Promise<void>): KubernetesServer {
  const { url, kubeconfig, directory, programs, containerdSocket, components } = state
  return {
    url, kubeconfig, directory, stop,
    get pids() { return { supervisor: state.pid, ...(readComponents(directory) ?? components) } },
    kubectl: async (...args) => {
      const { status, output } = await runToEnd(join(programs, 'kubectl'), ['--kubeconfig', kubeconfig, ...args])
      if (status !== 0) throw new Error(`kubectl ${args.slice(0, 3).join(' ')} failed: ${output.trim().slice(-4000)}`)
      return output
    },
    loadImage: async (archive) => {
      if (containerdSocket === undefined) throw new Error('this Kubernetes has no node to load images into')
      return importImage(containerdSocket, resolve(archive))
    },
  }
}

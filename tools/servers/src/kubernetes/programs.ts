import { join } from 'node:path'
import { whyNotRunnable } from '../run-to-end.ts'
import { cachedFolder, isCached } from '../server-cache.ts'
import { controlPlaneBuilds, nodeBuilds } from './go-builds.ts'
import { buildGoPrograms, type GoBuild } from './build-go-module.ts'
import { controlPlaneFolderName, kubernetesVersion, nodeFolderName } from './versions.ts'

/** Folders of programs. */
export interface KubernetesPrograms {
  /** etcd, kube-apiserver, kube-controller-manager, kubectl */
  controlPlane: string
  /** kube-scheduler, kubelet, kube-proxy, coredns, pause; undefined where no node was asked for */
  node?: string
}

/**
 * Whether Kubernetes can be started here; the reason is one line. Building it takes six minutes and more: it counts as available only
 * where that has been done.
 */
export async function kubernetesAvailable({ node = true } = {}): Promise<{ ok: true } | { ok: false; reason: string }> {
  if (process.platform !== 'linux') return { ok: false, reason: 'Kubernetes itself runs on Linux only' }
  if (node && process.getuid?.() !== 0) return { ok: false, reason: 'a Kubernetes node needs root: it makes network interfaces and mounts' }
  const cached = (await isCached(controlPlaneFolderName)) && (!node || (await isCached(nodeFolderName)))
  return cached ? { ok: true } : { ok: false, reason: `Kubernetes ${kubernetesVersion} has not been built here; npm run servers -- up kubernetes builds it once, in some minutes, with Go` }
}

/** Where the programs are; built on first use, from the sources that Go's module proxy has. */
export async function kubernetesPrograms(options: { node: boolean; log?: (line: string) => void }): Promise<KubernetesPrograms> {
  const log = options.log ?? (() => {})
  const controlPlane = await built(controlPlaneFolderName, controlPlaneBuilds, log)
  return { controlPlane, ...(options.node ? { node: await built(nodeFolderName, nodeBuilds, log) } : {}) }
}

/** kubectl of the same version, for whoever reaches a cluster. */
export async function kubectlProgram(log?: (line: string) => void): Promise<string> {
  return join((await kubernetesPrograms({ node: false, ...(log ? { log } : {}) })).controlPlane, 'kubectl')
}

/** Go keeps what it compiled, so that an interrupted build goes on where it was. */
async function built(folderName: string, builds: readonly GoBuild[], log: (line: string) => void): Promise<string> {
  return cachedFolder(folderName, async (folder) => {
    const missing = await whyNotRunnable('go', ['version'])
    if (missing !== undefined) throw new Error(`Kubernetes is built with Go 1.26 or newer: ${missing}`)
    for (const build of builds) {
      const started = performance.now()
      log(`building ${build.packages.map((path) => (path === '.' ? build.name : path)).join(', ')}`)
      await buildGoPrograms(build, folder)
      log(`built ${build.name} in ${Math.round((performance.now() - started) / 1000)} s`)
    }
  })
}

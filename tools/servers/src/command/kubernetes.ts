import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServersFolder } from './servers-folder.ts'
import { memoryOf } from '../process-identity.ts'
import { memoryText, type ServerStatus, timeText } from './status.ts'

/** Loaded only where it is asked for: everything else works on machines that cannot hold a cluster. */
const load = () => import('../kubernetes/index.ts')

const running = async (folder: ServersFolder) => (await load()).runningKubernetes(join(folder.path, 'kubernetes'))

export async function kubernetesUp(folder: ServersFolder, say: (line: string) => void): Promise<void> {
  const found = await running(folder)
  const began = performance.now()
  const { startKubernetesDetached } = await load()
  const cluster = found ?? (await startKubernetesDetached({ directory: await folder.directoryOf('kubernetes'), log: (line) => say(`  ${line}`) }))
  const how = found ? 'runs already' : `ready after ${((performance.now() - began) / 1000).toFixed(1)} s`
  say(`kubernetes ${how} on ${cluster.url}, process ${cluster.pids.supervisor}`)
}

export async function kubernetesDown(folder: ServersFolder, say: (line: string) => void): Promise<void> {
  const cluster = await running(folder)
  if (!cluster) return
  await cluster.stop()
  say('kubernetes stopped')
}

export async function kubernetesStatus(folder: ServersFolder): Promise<ServerStatus[]> {
  const cluster = await running(folder)
  if (!cluster) return []
  const { kubernetesVersion } = await load()
  const memory = await Promise.all(Object.values(cluster.pids).map(memoryOf))
  return [{
    server: 'kubernetes', version: kubernetesVersion, address: new URL(cluster.url).host, pid: String(cluster.pids.supervisor),
    memory: memoryText(memory.reduce((sum, bytes) => sum + bytes, 0)), 'up since': timeText(await startOf(cluster.directory)),
    log: join(cluster.directory, 'supervisor.log'),
  }]
}

/** Its state is written once, when it is ready. */
const startOf = async (directory: string): Promise<number> => (await stat(join(directory, 'cluster.json'))).mtimeMs

export async function kubernetesEnvironment(folder: ServersFolder): Promise<Record<string, string>> {
  const cluster = await running(folder)
  return cluster ? { KUBECONFIG: cluster.kubeconfig } : {}
}

/** The address that pods reach servers of the machine by. */
export const hostForPods = async (): Promise<string> => (await load()).clusterAddresses.host

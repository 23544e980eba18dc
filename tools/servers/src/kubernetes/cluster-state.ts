import { readFileSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { processStart } from '../process-identity.ts'

/** What whoever meets a running cluster needs to know of it; a file in its directory, and for the one with a node in `nodeRunDirectory`. */
export interface ClusterState {
  /** Of the supervisor: SIGTERM ends the whole cluster in order. */
  pid: number
  /** The kernel's start time of that process: a process that got the same id later has another. */
  processStarted: string
  url: string
  kubeconfig: string
  directory: string
  /** Where kubectl is. */
  programs: string
  /** Of the node; undefined where there is none. */
  containerdSocket?: string
  components: Record<string, number>
  /** Milliseconds since 1970. */
  since: number
}

/** Sockets and state of the machine's one node. */
export const nodeRunDirectory = '/run/streamforge-kubernetes'

/** Claimed by who runs, starts or stops the machine's one node. */
export const nodeClaim = '/run/streamforge-kubernetes.claim'
/** The same of one directory. */
export const directoryClaim = (directory: string) => join(directory, 'supervisor.claim')

const fileName = 'cluster.json'

export async function writeState(folder: string, state: ClusterState): Promise<void> {
  await writeFile(join(folder, `.${fileName}`), JSON.stringify(state, undefined, 2), { mode: 0o600 })
  await rename(join(folder, `.${fileName}`), join(folder, fileName))
}

/** The cluster whose state lies in `folder`, if it still runs. */
export async function readState(folder: string): Promise<ClusterState | undefined> {
  const text = await readFile(join(folder, fileName), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const state = JSON.parse(text) as ClusterState
  return (await processStart(state.pid)) === state.processStarted ? state : undefined
}

/** Process ids of a running cluster's parts, as they are written now. */
export function readComponents(folder: string): Record<string, number> | undefined {
  try {
    return (JSON.parse(readFileSync(join(folder, fileName), 'utf8')) as ClusterState).components
  } catch {
    return undefined
  }
}

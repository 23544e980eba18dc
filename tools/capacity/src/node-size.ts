import { StreamForgeError } from '@streamforge/contracts'

/** What a machine of the cluster gives to pods. */
export interface NodeSize {
  cores: number
  megabytes: number
}

/** What kubelet, container runtime, network and log collection take of each node. */
const system: NodeSize = { cores: 0.4, megabytes: 900 }

/**
 * A node from words such as `8x32`: cores and GiB of memory.
 * @throws StreamForgeError INVALID_FIELD
 */
export function parseNode(words: string): NodeSize {
  const found = /^(\d{1,3})x(\d{1,4})$/.exec(words)
  if (!found || Number(found[1]) < 1 || Number(found[2]) < 2) {
    throw new StreamForgeError('INVALID_FIELD', `'${words}' is not a size of node`, { remedy: 'cores x GiB, from 1x2, such as 8x32' })
  }
  return { cores: Number(found[1]), megabytes: Number(found[2]) * 1_024 }
}

export const allocatable = ({ cores, megabytes }: NodeSize): NodeSize => ({ cores: cores - system.cores, megabytes: megabytes - system.megabytes })

import { StreamForgeError } from '@streamforge/contracts'
import { allocatable, type NodeSize } from './node-size.ts'

export interface Pods extends NodeSize {
  app: string
  count: number
}

/** kubelet's own default. */
const podsOfNode = 110

/**
 * Nodes that hold all pods: first fit, largest first, at most 11/9 of the least there could be plus one (Dósa 2007, one dimension). Kubernetes' own scheduler spreads
 * instead of filling, but like this one puts a pod wherever it fits, so what fits here in decreasing order fits there too if the pods come in that order.
 * @throws StreamForgeError INVALID_FIELD when one pod is larger than a node
 */
export function packNodes(pods: readonly Pods[], size: NodeSize): number {
  const room = allocatable(size)
  const free: { cores: number; megabytes: number; pods: number }[] = []
  const inOrder = [...pods].sort((a, b) => share(b, room) - share(a, room))
  for (const { app, count, cores, megabytes } of inOrder) {
    if (cores > room.cores || megabytes > room.megabytes) {
      throw new StreamForgeError('INVALID_FIELD', `a pod of ${app} needs ${cores} cores and ${megabytes} MB, more than a node gives`, { remedy: 'take larger nodes (--node)' })
    }
    for (let placed = 0; placed < count; placed++) {
      let node = free.find((each) => each.cores >= cores && each.megabytes >= megabytes && each.pods >= 1)
      if (!node) free.push(node = { ...room, pods: podsOfNode })
      // Thousandths, as Kubernetes counts: sums of fractions would drift.
      node.cores = Math.round((node.cores - cores) * 1_000) / 1_000
      node.megabytes -= megabytes
      node.pods -= 1
    }
  }
  return free.length
}

const share = (pod: NodeSize, room: NodeSize) => Math.max(pod.cores / room.cores, pod.megabytes / room.megabytes)

import { toStreamForgeError } from '@streamforge/contracts'
import type { CheckpointStore } from '@streamforge/models/tensors'
import type { ObjectStore } from '@streamforge/objects'

const checkpointName = (runId: string, network: string) => `checkpoints/${runId}/${network}`

/** Where a network's training goes on after a kill: one object, replaced as a whole after each epoch. */
export function objectCheckpoints(objects: ObjectStore, runId: string, network: string, onDiscarded: (reason: string) => void): CheckpointStore {
  const name = checkpointName(runId, network)
  return {
    read: () => objects.get(name).catch((error: unknown) => {
      if (toStreamForgeError(error).code === 'OBJECT_NOT_FOUND') return undefined
      throw error
    }),
    write: async (checkpoint, epoch) => void await objects.put(name, checkpoint, { epoch: String(epoch) }),
    onDiscarded,
  }
}

export async function deleteCheckpoints(objects: ObjectStore, runId: string, networks: readonly string[]): Promise<void> {
  for (const network of networks) await objects.delete(checkpointName(runId, network))
}

import { StageSpec, StreamForgeError } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'

/** What queue-manager has planned for a stage. @throws StreamForgeError STAGE_INPUT_MISSING */
export async function readStageSpec(store: Store, queueId: string): Promise<StageSpec> {
  const stored = await store.get<StoredDocument>('stages', queueId).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return undefined
    throw error
  })
  const parsed = StageSpec.safeParse(stored)
  if (parsed.success) return parsed.data
  const why = stored ? `does not fit: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}` : 'is not stored'
  throw new StreamForgeError('STAGE_INPUT_MISSING', `the specification of stage ${queueId} ${why}`, { remedy: 'start the workflow again, or retry it' })
}

import { StageSpec, StreamForgeError } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'

/** What a stage's workers are to work on, as queue-manager has stored it. @throws StreamForgeError STAGE_INPUT_MISSING */
export async function readStageSpec(store: Store, queueId: string): Promise<StageSpec> {
  const stored = await store.get<StoredDocument>('stages', queueId).catch((error: unknown) => {
    if (error instanceof StreamForgeError && error.code === 'COLLECTION_NOT_FOUND') return undefined
    throw error
  })
  const parsed = StageSpec.safeParse(stored)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new StreamForgeError('STAGE_INPUT_MISSING', stored
    ? `the specification of stage ${queueId} does not fit: ${issue.path.join('.')}: ${issue.message}`
    : `no specification of stage ${queueId} is stored`, {
    remedy: 'queue-manager stores it in the collection stages before it launches workers; retry the workflow',
  })
}

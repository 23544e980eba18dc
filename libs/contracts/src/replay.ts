import { z } from 'zod'
import { QueueId, WorkflowId } from './names.ts'
import { QueueType } from './pipeline.ts'
import { WorkflowStatus } from './workflow.ts'

/** One queue of a replay beside the one that it repeats. */
export const ReplayedQueue = z.strictObject({
  type: QueueType,
  symbol: z.string(),
  queue_id: QueueId,
  original_queue_id: QueueId,
  compared: z.enum(['certificate', 'result']).describe('certificate: what is stored; result: what a stage says that it came to'),
  original: z.string(),
  replay: z.string().optional().describe('Absent: not yet'),
  same: z.boolean().optional(),
})
export type ReplayedQueue = z.infer<typeof ReplayedQueue>

/** GET /workflows/{id}/report, of a replay. */
export const ReplayReport = z.strictObject({
  workflow_id: WorkflowId,
  replay_of: WorkflowId,
  status: WorkflowStatus,
  same: z.boolean().optional().describe('True: every hash of the replay is that of the original; absent while some are still to come'),
  queues: z.array(ReplayedQueue),
})
export type ReplayReport = z.infer<typeof ReplayReport>

import { traceparentHeader, writeTraceparent, type StoredQueue } from '@streamforge/contracts'
import { activeTrace } from '@streamforge/service'
import type { WorkflowPlan } from '../plan/plan-workflow.ts'

/** What becomes of the plan belongs to the trace of the request that asked for it, also after queue-manager was restarted. */
export function inTraceOfRequest(plan: WorkflowPlan): WorkflowPlan {
  const trace = activeTrace()
  if (!trace) return plan
  const traceparent = writeTraceparent(trace)
  return { ...plan, queues: plan.queues.map((queue) => ({ ...queue, traceparent })) }
}

/** For what is published about a queue. */
export const traceHeaders = ({ traceparent }: Pick<StoredQueue, 'traceparent'>): Record<string, string> =>
  (traceparent === undefined ? {} : { [traceparentHeader]: traceparent })

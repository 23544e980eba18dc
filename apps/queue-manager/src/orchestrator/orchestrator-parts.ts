import type { HealingEngine } from '../healing/engine.ts'
import type { Leadership } from '../leadership/fencing.ts'
import type { ChangeQueue } from './queue-changer.ts'
import type { CommandTools } from './carry-out.ts'
import type { LiveWorkflows } from './live-workflows.ts'
import type { OrchestratorOptions } from './orchestrator-options.ts'
import type { WorkflowFeed } from './workflow-feed.ts'
import type { WorkflowRecords } from './workflow-records.ts'
import type { WorkflowRefresher } from './workflow-refresher.ts'

/** What the orchestrator is made of, wired once in orchestrator.ts. */
export interface OrchestratorParts {
  options: OrchestratorOptions
  records: WorkflowRecords
  live: LiveWorkflows
  feed: WorkflowFeed
  refresher: WorkflowRefresher
  tools: CommandTools
  leadership: Leadership
  healing: HealingEngine
  /** Carries out what is in a queue's outbox. Returns at once. */
  kick: (queueId: string) => void
  change: ChangeQueue
  /** Starts pending queues if there is room. */
  admit: () => void
  /** Changes a queue, trying until it is stored or the orchestrator closes. Returns at once. */
  insist: (queueId: string, input: Parameters<ChangeQueue>[1][number]) => void
  signal: AbortSignal
}

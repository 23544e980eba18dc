import { z } from 'zod'
import { errorCodes } from './errors.ts'
import { QueueId, WorkflowId } from './names.ts'
import { Target } from './queue-control.ts'
import { Epoch } from './records.ts'

export const HealingAction = z.enum(['wait', 'hold', 'relaunch', 'probe', 'give_up', 'circuit_opened', 'circuit_probed', 'circuit_closed'])
  .describe('wait: for its next attempt; hold: until a circuit closes; relaunch: now; probe: now, alone, to see whether a circuit may close; give_up: it needs a person')
export type HealingAction = z.infer<typeof HealingAction>

/** One decision about a worker, or about a cause that many workers share, and why: a message, and a document of `healing_decisions`. */
export const HealingDecision = z.strictObject({
  decision_id: z.string().min(1).max(250),
  at: Epoch,
  action: HealingAction,
  reason: z.string().min(1),
  code: z.enum(errorCodes).optional().describe('What was wrong'),
  workflow_id: WorkflowId.optional().describe('Absent in decisions about circuits'),
  queue_id: QueueId.optional(),
  target: Target.optional(),
  attempt: z.int().positive().optional().describe('That was lost, or, with relaunch and probe, that begins'),
  attempts_without_progress: z.int().nonnegative().optional(),
  max_attempts: z.int().positive().optional(),
  relaunch_at: Epoch.optional(),
  circuit: z.string().optional().describe('The shared cause, such as venue-binance'),
  epoch: z.int().positive().optional().describe('Of the queue-manager that decided about a circuit'),
})
export type HealingDecision = z.infer<typeof HealingDecision>
export const StoredHealingDecision = HealingDecision.extend({ _key: z.string() })
export type StoredHealingDecision = z.infer<typeof StoredHealingDecision>

/** A worker by what it works on. */
export const HealedJob = z.strictObject({ queue_id: QueueId, target: Target })
export type HealedJob = z.infer<typeof HealedJob>

/** What is known of a cause that fails many workers alike: the document of it in `healing_circuits`. */
export const HealingCircuit = z.strictObject({
  circuit: z.string().min(1).max(100),
  state: z.enum(['closed', 'open', 'half_open']),
  failures: z.array(z.strictObject({ queue_id: QueueId, at: Epoch })).describe('While closed: the newest of each queue since somebody succeeded'),
  openings: z.int().nonnegative().describe('In a row, without having been closed between'),
  opened_at: Epoch.optional(),
  until: Epoch.optional().describe('While open: then one worker tries'),
  probe: HealedJob.extend({ since: Epoch }).optional().describe('Who tries while it is half open, or tried last'),
  reason: z.string(),
})
export type HealingCircuit = z.infer<typeof HealingCircuit>
export const StoredHealingCircuit = HealingCircuit.extend({ _key: z.string(), version: z.int().positive() })
export type StoredHealingCircuit = z.infer<typeof StoredHealingCircuit>

/** What GET /workflows/{id}/healing answers. */
export const HealingReport = z.strictObject({
  workflow_id: WorkflowId,
  decisions: z.array(HealingDecision).describe('The newest first; those about circuits are of the time of the workflow'),
  circuits: z.array(HealingCircuit).describe('Those that are not closed now'),
  relaunches: z.strictObject({ spent: z.int().nonnegative(), limit: z.int().nonnegative() }).describe('Of its workers within the last hour, and how many there may be'),
})
export type HealingReport = z.infer<typeof HealingReport>

export const healingDecisionsCollection = 'healing_decisions'
export const healingCircuitsCollection = 'healing_circuits'

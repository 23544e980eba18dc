import { StreamForgeError, type HealingReport } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { WorkflowService } from '../leadership/stand-by.ts'
import { unlessCode } from '../orchestrator/carry-out.ts'
import { readCircuits, readDecisions } from './decision-records.ts'
import { healingDefaults, relaunchesOf } from './engine.ts'

const shown = 200
const unlessMissing = unlessCode('COLLECTION_NOT_FOUND')

/** What was decided about a workflow's workers, from the store: every queue-manager can tell. @throws StreamForgeError NOT_FOUND */
export async function healingReport({ store, orchestrator, budget = healingDefaults.budget, now = Date.now }: {
  store: Store; orchestrator: Pick<WorkflowService, 'records'>; budget?: number; now?: () => number
}, id: string): Promise<HealingReport> {
  const workflow = await orchestrator.records.workflow(id)
  if (!workflow) throw new StreamForgeError('NOT_FOUND', `there is no workflow '${id}'`, { remedy: 'GET /workflows lists them' })
  return {
    workflow_id: id,
    decisions: await readDecisions(store, workflow, shown).catch(unlessMissing) ?? [],
    circuits: (await readCircuits(store).catch(unlessMissing) ?? []).filter(({ state }) => state !== 'closed'),
    relaunches: relaunchesOf(await orchestrator.records.queuesOf(id), budget, now()),
  }
}

import { publishMessages, type Bus } from '@streamforge/bus'
import { catalog, healingCircuitsCollection, healingDecisionsCollection, StoredHealingCircuit, StoredHealingDecision, type HealingCircuit, type HealingDecision } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'

export async function openHealingRecords(store: Store): Promise<void> {
  await store.ensureCollection(healingDecisionsCollection, { indexes: [['workflow_id', 'at'], ['queue_id'], ['action', 'at']] })
  await store.ensureCollection(healingCircuitsCollection)
}

/** Stores a decision and tells it; again does no harm. */
export async function recordHealing(decision: HealingDecision, { store, bus }: { store: Store; bus: Bus }): Promise<void> {
  await store.writeBatch(healingDecisionsCollection, [StoredHealingDecision.parse({ ...decision, _key: decision.decision_id })])
  await publishMessages(bus, catalog['healing-decisions'], [decision])
}

/** The newest decisions about a workflow's workers, and about circuits since it was made; the newest first. */
export async function readDecisions(store: Store, workflow: { workflow_id: string; created_at: number }, limit: number): Promise<HealingDecision[]> {
  const newest = { sort: [{ field: 'at', direction: 'desc' as const }], limit }
  const own = await store.find<StoredHealingDecision>(healingDecisionsCollection, { where: { workflow_id: workflow.workflow_id }, ...newest })
  const shared = await store.find<StoredHealingDecision>(healingDecisionsCollection, {
    where: { action: { in: ['circuit_opened', 'circuit_probed', 'circuit_closed'] }, at: { gte: workflow.created_at } }, ...newest,
  })
  return [...own, ...shared].sort((a, b) => b.at - a.at || (a._key < b._key ? 1 : -1)).slice(0, limit).map(({ _key, ...decision }) => decision)
}

export async function readCircuits(store: Store): Promise<HealingCircuit[]> {
  const found = await store.find(healingCircuitsCollection)
  return found.map((document) => StoredHealingCircuit.parse(document)).map(({ _key, version: _version, ...circuit }) => circuit)
}

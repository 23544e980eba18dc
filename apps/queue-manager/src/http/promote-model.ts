import { StreamForgeError, type PromoteRequest, type StoredModelAlias } from '@streamforge/contracts'
import type { ModelRegistry } from '@streamforge/models'
import type { z } from 'zod'

export type Promotions = Pick<ModelRegistry, 'alias' | 'setAlias'>

/**
 * Makes a version the champion because a person says so: a promotion, or, with an earlier version, a roll-back. Whoever forecasts
 * with the model changes over before its next bar.
 * @throws StreamForgeError NOT_FOUND for a version that is not registered, REGISTRY_UNAVAILABLE
 */
export async function promoteModel(registry: Promotions, model: string, { version, reason }: z.infer<typeof PromoteRequest>): Promise<StoredModelAlias> {
  await registry.setAlias({ model, alias: 'champion', version, reason })
  const alias = await registry.alias(model, 'champion')
  if (alias) return alias
  throw new StreamForgeError('NOT_FOUND', `${model} has no champion any more`, { remedy: 'read the list of its versions again' })
}

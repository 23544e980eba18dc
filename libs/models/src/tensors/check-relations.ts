import { StreamForgeError } from '@streamforge/contracts'
import type { AssetRelations } from '../panel.ts'

/**
 * The relations of the kinds that a network was made for, in its order. Kinds that it does not know are left out.
 * @throws StreamForgeError MODEL_MISMATCH
 */
export function checkRelations(kinds: readonly string[], relations: AssetRelations, assets: number): AssetRelations {
  const weights = kinds.map((kind) => {
    const matrix = relations.weights[relations.kinds.indexOf(kind)]
    if (!matrix) throw mismatch(`relations of kind ${kind} are missing; there are ${relations.kinds.join(', ') || 'none'}`)
    if (matrix.length !== assets ** 2) throw mismatch(`relations of kind ${kind} have ${matrix.length} weights; ${assets} x ${assets} are expected`)
    if (!matrix.every(Number.isFinite)) throw mismatch(`relations of kind ${kind} have weights that are not numbers`)
    return matrix
  })
  return { kinds, weights }
}

const mismatch = (message: string) => new StreamForgeError('MODEL_MISMATCH', message, { remedy: 'build the graph with the kinds that the model was trained on, for the same assets' })

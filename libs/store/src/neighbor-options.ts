import { StreamForgeError } from '@streamforge/contracts'
import { isVertexId } from './document-rules.ts'
import type { Store } from './store.ts'

export interface NeighborLimits {
  direction: 'out' | 'in' | 'any'
  depth: number
  limit: number
}

/** @throws StreamForgeError STORE_REJECTED */
export function neighborLimits(options: Parameters<Store['neighbors']>[2] = {}): NeighborLimits {
  const { direction = 'out', depth = 1, limit = 1000 } = options
  if (['out', 'in', 'any'].includes(direction) && Number.isSafeInteger(depth) && depth >= 0 && Number.isSafeInteger(limit) && limit >= 0) {
    return { direction, depth, limit }
  }
  throw new StreamForgeError('STORE_REJECTED', `neighbors with direction '${direction}', depth ${depth} and limit ${limit}`, {
    remedy: "give direction as 'out', 'in' or 'any', depth and limit as whole numbers",
  })
}

/** @throws StreamForgeError STORE_REJECTED */
export function checkVertexId(id: string): void {
  if (isVertexId(id)) return
  throw new StreamForgeError('STORE_REJECTED', `'${String(id).slice(0, 80)}' is not a vertex`, { remedy: "give it as 'collection/key'" })
}

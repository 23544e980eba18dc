import type { RetrainingPolicy } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { FastifyRequest } from 'fastify'
import { checkPolicy } from './retraining-request.ts'
import { retrainingRecords } from './retraining-records.ts'

/** The API's operations on retraining policies. */
export function retrainingOperations(store: Store, now: () => number = Date.now) {
  const records = retrainingRecords(store)
  const model = ({ params }: FastifyRequest) => (params as { model: string }).model
  return {
    putRetraining: async (request: FastifyRequest) => {
      const policy = request.body as RetrainingPolicy
      checkPolicy(model(request), policy)
      return records.put(model(request), policy, now())
    },
    listRetraining: async () => ({ retraining: await records.all() }),
    getRetraining: (request: FastifyRequest) => records.get(model(request)),
    deleteRetraining: async (request: FastifyRequest) => {
      await records.remove(model(request))
      return undefined
    },
  }
}

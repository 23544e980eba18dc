import { lookNowAndThen, type Looking } from '@streamforge/service'
import { endAbandonedRuns, type AbandonedRunsParts } from './end-abandoned-runs.ts'
import { lookAtRetraining, type RetrainingParts } from './retraining-loop.ts'

/** Looks at the policies, and at runs that nobody goes on with, now and then. */
export function startRetraining(parts: RetrainingParts & Pick<AbandonedRunsParts, 'models'>, pollMs: number): Looking {
  return lookNowAndThen({
    everyMs: pollMs,
    async look() {
      await lookAtRetraining(parts).catch((err: unknown) => parts.log.warn({ err }, 'retraining policies could not be read; trying again'))
      await endAbandonedRuns(parts)
    },
    onFailure: (err) => parts.log.warn({ err }, 'training runs could not be looked through; trying again'),
  })
}

import { endAbandonedRuns, type AbandonedRunsParts } from './end-abandoned-runs.ts'
import { lookAtRetraining, type RetrainingParts } from './retraining-loop.ts'

/** Looks at the policies, and at runs that nobody goes on with, now and then, one look after another. */
export function startRetraining(parts: RetrainingParts & Pick<AbandonedRunsParts, 'models'>, pollMs: number): { close(): Promise<void> } {
  let looking: Promise<void> | undefined
  const look = () => {
    looking ??= lookAtRetraining(parts)
      .catch((err: unknown) => parts.log.warn({ err }, 'retraining policies could not be read; trying again'))
      .then(() => endAbandonedRuns(parts))
      .catch((err: unknown) => parts.log.warn({ err }, 'training runs could not be looked through; trying again'))
      .finally(() => { looking = undefined })
  }
  const timer = setInterval(look, pollMs)
  return {
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}

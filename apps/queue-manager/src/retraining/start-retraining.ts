import { lookAtRetraining, type RetrainingParts } from './retraining-loop.ts'

/** Looks at the policies now and then, one look after another. */
export function startRetraining(parts: RetrainingParts, pollMs: number): { close(): Promise<void> } {
  let looking: Promise<void> | undefined
  const look = () => {
    looking ??= lookAtRetraining(parts)
      .catch((err: unknown) => parts.log.warn({ err }, 'retraining policies could not be read; trying again'))
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

import { StreamForgeError } from '@streamforge/contracts'

/**
 * Compares what the store holds with what the loader's markers say. A dead letter may be a record, a gap or nonsense, so it accounts
 * for at most one record.
 * @throws StreamForgeError RECONCILIATION_MISMATCH
 */
export function reconcile(counts: { stored: number; sent: number; deadLettered: number }): void {
  const { stored, sent, deadLettered } = counts
  if (stored + deadLettered >= sent && stored <= sent) return
  const few = stored < sent
  throw new StreamForgeError(
    'RECONCILIATION_MISMATCH',
    `the loader sent ${sent} records, the store holds ${stored} and ${deadLettered} are dead letters: `
    + `${few ? `${sent - stored - deadLettered} too few` : `${stored - sent} too many`}`,
    {
      remedy: few
        ? 'the next attempt reads the data topic from its start again'
        : 'something else wrote into the collection within this range; remove what is not of the venue and retry',
      details: { ...counts, few },
    },
  )
}

import { barGrid, type RetrainingPolicy, type StoredRetraining } from '@streamforge/contracts'

/** What is known of a model's data as the decision is made. */
export interface RetrainingFacts {
  /** Bars are there up to this instant (excluded); undefined: none are, or nobody can tell. */
  dataTo: number | undefined
  /** Bars newer than `trainedTo`, of the symbol that has fewest. */
  newBars: number
  /** End of the bars that the newest model was made with; undefined: there is none. */
  trainedTo: number | undefined
}

export type RetrainingDecision = { start: { from: number; to: number; reason: string } } | { waitsFor: string }

const minuteMs = 60_000
const longestBackoffMs = 3_600_000

/** How long a failed training is waited out: a minute, twice as long after each further failure, an hour at most. */
export const failureBackoffMs = (failures: number) => (failures === 0 ? 0 : Math.min(longestBackoffMs, minuteMs * 2 ** Math.min(failures - 1, 10)))

/** Whether a training begins now. Pure. The first one needs no new data: a model that does not exist is trained on history at once. */
export function decideRetraining(retraining: StoredRetraining, { dataTo, newBars, trainedTo }: RetrainingFacts, now: number): RetrainingDecision {
  const { policy, current, runs, failures } = retraining
  if (current) return { waitsFor: `the end of training ${current.number}` }
  if (!policy.enabled) return { waitsFor: 'being enabled' }
  if (dataTo === undefined) return { waitsFor: 'bars: the store has none of some symbol, or the venue cannot be asked' }
  const endedAt = runs[0]?.ended_at
  const pause = Math.max(policy.minimum_interval_minutes * minuteMs, failureBackoffMs(failures))
  if (endedAt !== undefined && now < endedAt + pause) return { waitsFor: `${new Date(endedAt + pause).toISOString()}${failures > 0 ? `, after ${failures} failed` : ''}` }
  if (trainedTo === undefined) return start(policy, dataTo, 'there is no model yet')
  if (newBars < policy.new_bars) return { waitsFor: `${policy.new_bars - newBars} more new bars (${newBars} of ${policy.new_bars})` }
  return start(policy, dataTo, `${newBars} new bars since ${new Date(trainedTo).toISOString()}`)
}

function start({ history_bars, interval, venue }: RetrainingPolicy, to: number, reason: string): RetrainingDecision {
  const grid = barGrid(venue, interval)
  let from = to
  for (let bars = history_bars; bars > 0 && from > 0; bars--) from = grid.before(from)
  return { start: { from: Math.max(0, from), to, reason } }
}

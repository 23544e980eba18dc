import { setTimeout as delay } from 'node:timers/promises'
import { laneOf, type Fault } from '../plan/fault.ts'
import type { ChaosPlatform } from '../platform/chaos-platform.ts'
import { inject, type Injected, type Traces } from './inject.ts'
import { lookBefore, untilRecovered, type Before, type Recovery, type Steps } from './recovery.ts'

/** What became of one fault. Times are milliseconds since the run began. */
export interface FaultOutcome {
  readonly fault: Fault
  readonly victim: string
  readonly at: number
  /** When it was taken away; of what needs no taking away, `at`. */
  readonly over: number
  /** Undefined: not within the time allowed. */
  readonly recovered: number | undefined
  readonly steps: Steps
}

export interface FaultRun {
  readonly platform: ChaosPlatform
  readonly faults: readonly Fault[]
  readonly traces: Traces
  /** Milliseconds since the run began. */
  readonly now: () => number
  readonly onBegin: (fault: Fault, victim: string) => void
  readonly onEnd: (outcome: FaultOutcome) => void
}

/** A run of faults, and the queues that are in the hands of one fault alone. */
type Lane = FaultRun & { readonly inHand: Set<string> }

const recoverWithinMs = 90_000
/** A new queue is given so long to begin, where nothing runs that a fault could strike. */
const victimWithinMs = 60_000

/**
 * Two faults at a time: one strikes a queue's workers, one what all queues share. In each of the two lanes the next comes when all that the one
 * before concerns is well again.
 */
export async function runFaults(run: FaultRun): Promise<FaultOutcome[]> {
  const inHand = new Set<string>()
  const lanes = [...Map.groupBy(run.faults, ({ kind }) => laneOf(kind)).values()]
  return (await Promise.all(lanes.map((faults) => runLane({ ...run, faults, inHand })))).flat()
}

async function runLane(lane: Lane): Promise<FaultOutcome[]> {
  const outcomes: FaultOutcome[] = []
  for (const fault of lane.faults) {
    await delay(fault.afterMs)
    const outcome = await runFault(fault, lane)
    outcomes.push(outcome)
    lane.onEnd(outcome)
  }
  return outcomes
}

async function runFault(fault: Fault, lane: Lane): Promise<FaultOutcome> {
  const { now, inHand } = lane
  const { injected, at, ...started } = await strike(fault, lane)
  const { victim, queueId } = injected
  if (queueId !== undefined) inHand.add(queueId)
  try {
    lane.onBegin(fault, victim)
    if ('forMs' in fault) await delay(fault.forMs)
    await injected.heal?.()
    const over = injected.heal ? now() : at
    const before = injected.heal ? await lookBefore(lane.platform.store) : started.before
    const { recovered, steps } = await recover({ injected, before, over, replaced: injected.replaced }, lane)
    const outcome = { fault, victim, at, over, recovered: recovered ? now() : undefined, steps }
    if (!injected.aftermath || !recovered) return outcome
    await injected.aftermath()
    const again = await recover({ injected, before: await lookBefore(lane.platform.store), over: now(), replaced: undefined }, lane)
    return again.recovered ? outcome : { ...outcome, recovered: undefined }
  } finally {
    if (queueId !== undefined) inHand.delete(queueId)
  }
}

/** Of a fault that struck one queue that queue has to work again, of another every service and every queue that no other fault is about. */
function recover({ injected: { queueId }, before, over, replaced }: { injected: Injected; before: Before; over: number; replaced: Injected['replaced'] }, { platform: { store, services }, now, inHand }: Lane): Promise<Recovery> {
  const about = queueId === undefined
    ? { services: services.values(), before, elsewhere: inHand }
    : { services: [], before: { queues: before.queues.filter(({ queue_id: id }) => id === queueId) } }
  return untilRecovered({ store, replaced, withinMs: recoverWithinMs, sinceOver: () => now() - over, ...about })
}

/** Waits for somebody whom it can happen to. @throws Error when nobody comes */
async function strike(fault: Fault, { platform, traces, now }: Lane) {
  const giveUp = AbortSignal.timeout(victimWithinMs)
  for (;;) {
    const before = await lookBefore(platform.store)
    const at = now()
    const injected = before.queues.length > 0 ? await inject(fault, platform, traces, before) : undefined
    if (injected) return { injected, before, at }
    if (giveUp.aborted) throw new Error(`nobody was there for ${victimWithinMs / 1000} s to whom ${fault.kind} could happen`)
    await delay(100)
  }
}

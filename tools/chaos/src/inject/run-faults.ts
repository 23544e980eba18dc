import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from '../plan/fault.ts'
import type { ChaosPlatform } from '../platform/chaos-platform.ts'
import { inject, type Injected, type Traces } from './inject.ts'
import { lookBefore, untilRecovered } from './recovery.ts'

/** What became of one fault. Times are milliseconds since the run began. */
export interface FaultOutcome {
  readonly fault: Fault
  readonly victim: string
  readonly at: number
  /** When it was taken away; of what needs no taking away, `at`. */
  readonly over: number
  /** Undefined: not within the time allowed. */
  readonly recovered: number | undefined
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

const recoverWithinMs = 90_000
/** A new queue is given so long to begin, where nothing runs that a fault could strike. */
const victimWithinMs = 60_000

/** One fault after another, each when all is well again after the one before. */
export async function runFaults(run: FaultRun): Promise<FaultOutcome[]> {
  const outcomes: FaultOutcome[] = []
  for (const fault of run.faults) {
    await delay(fault.afterMs)
    const outcome = await runFault(fault, run)
    outcomes.push(outcome)
    run.onEnd(outcome)
  }
  return outcomes
}

async function runFault(fault: Fault, run: FaultRun): Promise<FaultOutcome> {
  const { platform: { store, services }, now } = run
  const started = await strike(fault, run)
  const { injected, at } = started
  run.onBegin(fault, injected.victim)
  if ('forMs' in fault) await delay(fault.forMs)
  await injected.heal?.()
  const over = injected.heal ? now() : at
  const before = injected.heal ? await lookBefore(store) : started.before
  const look = (replaced: Injected['replaced']) => ({ store, services: services.values(), before, replaced, withinMs: recoverWithinMs })
  const recovered = (await untilRecovered(look(injected.replaced))) ? now() : undefined
  if (injected.aftermath && recovered !== undefined) {
    await injected.aftermath()
    const again = await untilRecovered({ ...look(undefined), before: await lookBefore(store) })
    if (!again) return { fault, victim: injected.victim, at, over, recovered: undefined }
  }
  return { fault, victim: injected.victim, at, over, recovered }
}

/** Waits for somebody whom it can happen to. @throws Error when nobody comes */
async function strike(fault: Fault, { platform, traces, now }: FaultRun) {
  const giveUp = AbortSignal.timeout(victimWithinMs)
  for (;;) {
    const before = await lookBefore(platform.store)
    const at = now()
    const injected = before.queues.length > 0 ? await inject(fault, platform, traces) : undefined
    if (injected) return { injected, before, at }
    if (giveUp.aborted) throw new Error(`nobody was there for ${victimWithinMs / 1000} s to whom ${fault.kind} could happen`)
    await delay(100)
  }
}

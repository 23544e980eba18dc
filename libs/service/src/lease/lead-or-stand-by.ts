import type { StreamForgeError } from '@streamforge/contracts'
import { leaseWatch, type Lease, type LeaseOptions } from '@streamforge/store'

/** What only the leader runs. */
export interface Led {
  close(): Promise<void>
}

export interface LeadingOptions<L extends Led> {
  /** See ownLease. */
  lease: LeaseOptions
  /** Called once this process leads. What it cannot finish it must end itself. */
  start: (lease: Lease) => Promise<L>
  /** Another process leads now: this one must do nothing more. */
  onLost: (error: StreamForgeError) => void
  /** What was to be led could not be started. */
  onFailure: (error: unknown) => void
  /** Another one leads: called once, with what is known of it. */
  onStandBy: (holder: LeaseOptions['holder'] | undefined) => void
}

export interface Leading<L> {
  /** Undefined while this process stands by. */
  led(): L | undefined
  /** 0 while it does, and while it cannot know that it still leads. */
  epoch(): number
  /** Ends what is led, then gives the lease back, so that the next one takes it at once. */
  close(): Promise<void>
}

/** Leads when nobody else does, otherwise stands by until that changes. Resolves when one of the two is settled. */
export async function leadOrStandBy<L extends Led>({ lease: options, start, onLost, onFailure, onStandBy }: LeadingOptions<L>): Promise<Leading<L>> {
  const watch = leaseWatch(options)
  let lease: Lease | undefined
  let led: L | undefined
  const lead = async (taken: Lease) => {
    lease = taken
    void taken.lost.then(onLost)
    led = await start(taken)
  }
  const waitForTurn = async () => {
    const taken = await watch.wait()
    if (taken) await lead(taken)
  }
  const first = await watch.tryOnce()
  let waiting: Promise<unknown> = Promise.resolve()
  if (first) await lead(first)
  else {
    onStandBy(watch.holder())
    waiting = waitForTurn().catch((error: unknown) => {
      if (!options.signal.aborted) onFailure(error)
    })
  }
  const end = async () => {
    await waiting
    await led?.close()
    await lease?.release()
  }
  // Once: what was given back may be another's by the second time.
  let closing: Promise<void> | undefined
  return {
    led: () => led,
    epoch: () => (led && lease?.isHeld() ? lease.epoch : 0),
    close: () => (closing ??= end()),
  }
}

/** Why a worker stops before its work is done. The first cause counts. */
export type StopCause =
  | { kind: 'stopped'; reason: string }
  | { kind: 'replaced'; attempt: number }
  /** Of a worker that shares its process: whoever runs alone is terminated. */
  | { kind: 'cancelled' }
  | { kind: 'terminated'; signal: string }
  | { kind: 'crashed'; error: unknown }

/** What a worker's abort signal carries as its reason, so that `signal.throwIfAborted()` ends the work with it. */
export class WorkStopped extends Error {
  override readonly name = 'WorkStopped'
  readonly stop: StopCause

  constructor(stop: StopCause) {
    super(describeStop(stop))
    this.stop = stop
  }
}

export function describeStop(stop: StopCause): string {
  switch (stop.kind) {
    case 'stopped': return `stopped: ${stop.reason}`
    case 'replaced': return `replaced by attempt ${stop.attempt}`
    case 'cancelled': return 'cancelled'
    case 'terminated': return `terminated by ${stop.signal}`
    case 'crashed': return 'crashed outside of its work'
    default: return stop satisfies never
  }
}

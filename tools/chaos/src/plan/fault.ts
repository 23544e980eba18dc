/** Which line between a service and what it depends on a network fault is on. */
export type Link = 'bus' | 'store' | 'venue'
export type LongRunning = 'queue-manager' | 'store-server'

/**
 * One fault as it is planned. Who runs at that moment is not known before, so victims among jobs and queues are chosen by `pick`, uniform in
 * [0, 1). Times are milliseconds.
 */
export type Fault = {
  /** From 0. */
  readonly index: number
  /** From the recovery of the one before it in its lane to this one. */
  readonly afterMs: number
  readonly pick: number
} & FaultKind

export type FaultKind =
  /** SIGKILL to a loader or a connector. */
  | { readonly kind: 'kill-job' }
  /** SIGKILL to a service that runs all the time; whoever looks after it starts it again. */
  | { readonly kind: 'kill-service'; readonly service: LongRunning }
  /** SIGSTOP, and SIGCONT after `forMs`, before anybody replaces it. */
  | { readonly kind: 'pause-job'; readonly forMs: number }
  | { readonly kind: 'pause-service'; readonly service: LongRunning; readonly forMs: number }
  /** SIGSTOP for good: it is replaced because it is silent. */
  | { readonly kind: 'freeze-job' }
  /** SIGSTOP out of the launcher's reach, as on a node that was cut off; woken `wokenAfterMs` after its replacement works, beside it. */
  | { readonly kind: 'zombie-job'; readonly wokenAfterMs: number }
  /** The same attempt of a job launched a second time. */
  | { readonly kind: 'double-launch' }
  /** Each way takes so much longer. */
  | { readonly kind: 'network-delay'; readonly link: Link; readonly delayMs: number; readonly forMs: number }
  /** Connections are reset, and new ones refused. */
  | { readonly kind: 'network-cut'; readonly link: Link; readonly forMs: number }
  /** Connections stay, and nothing passes: the packets of a partition. */
  | { readonly kind: 'network-partition'; readonly link: Link; readonly forMs: number }
  | { readonly kind: 'network-bandwidth'; readonly link: Link; readonly bytesPerSecond: number; readonly forMs: number }
  /** kill -9, and a start with its data after `forMs`. */
  | { readonly kind: 'kill-broker'; readonly forMs: number }
  /** No byte more fits on the disk of bus, store and jobs. */
  | { readonly kind: 'fill-disk'; readonly forMs: number }
  /** The clock of every process of one app jumps, and jumps back. */
  | { readonly kind: 'skew-clock'; readonly app: SkewedApp; readonly byMs: number; readonly forMs: number }
  /** A message that nobody can read, or that does not belong there. */
  | { readonly kind: 'poison'; readonly topic: PoisonedTopic; readonly poison: Poison }

export type Kind = FaultKind['kind']
export type SkewedApp = LongRunning | 'loader-api' | 'arango-connector'
/** `data` is the topic of a queue that runs. */
export type PoisonedTopic = 'data' | 'queue-events' | 'queue-control'
export const poisons = ['no JSON', 'another shape', 'nothing', 'bytes', 'another symbol'] as const
export type Poison = (typeof poisons)[number]

/** In the order in which tables show them. */
export const kinds = [
  'kill-job', 'kill-service', 'pause-job', 'pause-service', 'freeze-job', 'zombie-job', 'double-launch', 'network-delay', 'network-cut',
  'network-partition', 'network-bandwidth', 'kill-broker', 'fill-disk', 'skew-clock', 'poison',
] as const satisfies readonly Kind[]

/** What strikes one queue's workers or topic can happen beside what strikes all of them: a recovery is still one fault's. */
export const laneOf = (kind: Kind): 'queue' | 'platform' => (queueKinds.has(kind) ? 'queue' : 'platform')
const queueKinds: ReadonlySet<Kind> = new Set(['kill-job', 'pause-job', 'freeze-job', 'zombie-job', 'double-launch', 'poison'])

/** What a person reads of it: `network-cut venue 1.4 s`. */
export function describeFault(fault: FaultKind): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  switch (fault.kind) {
    case 'kill-job': case 'freeze-job': case 'double-launch': return fault.kind
    case 'kill-service': return `${fault.kind} ${fault.service}`
    case 'pause-job': case 'kill-broker': case 'fill-disk': return `${fault.kind} ${seconds(fault.forMs)}`
    case 'pause-service': return `${fault.kind} ${fault.service} ${seconds(fault.forMs)}`
    case 'zombie-job': return `${fault.kind} woken after ${seconds(fault.wokenAfterMs)}`
    case 'network-delay': return `${fault.kind} ${fault.link} ${fault.delayMs} ms for ${seconds(fault.forMs)}`
    case 'network-cut': case 'network-partition': return `${fault.kind} ${fault.link} ${seconds(fault.forMs)}`
    case 'network-bandwidth': return `${fault.kind} ${fault.link} ${Math.round(fault.bytesPerSecond / 1000)} kB/s for ${seconds(fault.forMs)}`
    case 'skew-clock': return `${fault.kind} ${fault.app} ${fault.byMs > 0 ? '+' : '-'}${seconds(Math.abs(fault.byMs))} for ${seconds(fault.forMs)}`
    case 'poison': return `${fault.kind} ${fault.topic}: ${fault.poison}`
    default: return fault satisfies never
  }
}

import { z } from 'zod'
import { seededRandom, type Random } from '@streamforge/market'
import { isFrameFault, isStreamFault, streamFaults, strikesStream, type ConnectionFault, type FaultedStream, type FrameFault } from './stream-faults.ts'

const matching = {
  path: z.string().optional().describe('Only requests whose path begins so, such as /api/v3/klines'),
  symbol: z.string().optional().describe('Only requests for this symbol'),
  probability: z.number().min(0).max(1).default(1),
  after: z.int().nonnegative().default(0).describe('Requests that match and pass before the fault begins'),
  count: z.int().positive().optional().describe('How often it strikes; without it, for ever'),
}
const hole = {
  symbol: z.string(),
  from: z.int().describe('First absent instant, ms'),
  to: z.int().describe('End of the hole, ms, excluded'),
  path: matching.path,
}
const RetryAfter = z.int().positive().default(1).describe('Seconds')

/** One way to misbehave. `count` and `after` make a script of it, `probability` (seeded) a nuisance. */
export const Fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rate_limit'), retry_after: RetryAfter, ...matching }),
  z.strictObject({ kind: z.literal('ban'), retry_after: RetryAfter, ...matching }),
  z.strictObject({ kind: z.literal('server_error'), status: z.int().min(500).max(599).default(503), ...matching }),
  z.strictObject({ kind: z.literal('slow'), delay_ms: z.int().positive().max(600_000), ...matching }),
  z.strictObject({ kind: z.literal('cut'), ...matching }).describe('The connection breaks in the middle of the body'),
  z.strictObject({ kind: z.literal('truncate'), ...matching }).describe('A whole HTTP answer whose body is half of it'),
  z.strictObject({ kind: z.literal('duplicate_rows'), rows: z.int().positive().max(1000).default(1), ...matching }),
  z.strictObject({ kind: z.literal('open_candle'), ...matching }).describe('An unfinished candle after the last row'),
  z.strictObject({ kind: z.literal('checksum_mismatch'), ...matching }),
  z.strictObject({ kind: z.literal('hole'), ...hole }).describe('The venue has no rows there, over REST and in archives'),
  z.strictObject({ kind: z.literal('flaky_hole'), count: z.int().positive().default(1), ...hole })
    .describe('Absent from the first `count` REST answers that would hold rows of it'),
  ...streamFaults,
])
export type Fault = z.infer<typeof Fault>
export type FaultKind = Fault['kind']

/** POST /_simulator/faults: one fault, several, or several with a new seed for the dice. */
export const FaultRequest = z.union([
  Fault.transform((fault) => ({ faults: [fault], seed: undefined })),
  z.array(Fault).transform((faults) => ({ faults, seed: undefined })),
  z.strictObject({ faults: z.array(Fault), seed: z.union([z.string(), z.int()]).optional() }),
])

/** A range without rows, for one request. `strike` is called when it has hidden any. */
export interface ActiveHole {
  readonly from: number
  readonly to: number
  readonly strike: () => void
}

/** What one request will suffer. */
export interface Misfortune {
  readonly delayMs: number
  readonly refusal: Extract<Fault, { kind: 'rate_limit' | 'ban' | 'server_error' }> | undefined
  readonly cut: boolean
  readonly truncate: boolean
  readonly checksumMismatch: boolean
  readonly duplicateRows: number
  readonly openCandle: boolean
  readonly holes: readonly ActiveHole[]
  readonly random: Random
}

export interface FaultedRequest {
  readonly path: string
  readonly symbol: string | undefined
  readonly archive: boolean
}

/** Faults of rows and checksums spend no count on requests that cannot show them. */
function canShow(kind: FaultKind, { path, archive }: FaultedRequest): boolean {
  if (kind === 'duplicate_rows') return !archive && /(klines|candles|trades)$/i.test(path)
  if (kind === 'open_candle') return !archive && /(klines|candles)$/i.test(path)
  return kind !== 'checksum_mismatch' || path.endsWith('.CHECKSUM')
}

interface Armed {
  readonly fault: Fault
  seen: number
  struck: number
  readonly since: number
}

/** The faults that are set, and the dice. */
export function createFaults(initial: readonly Fault[], seed: string | number, onStrike: (kind: FaultKind) => void) {
  let armed: Armed[] = []
  let random = seededRandom(seed, 'faults')
  let ofFrames: Armed[] = []
  let cutNow: (fault: FrameFault) => void = () => undefined
  const sort = () => { ofFrames = armed.filter(({ fault }) => isFrameFault(fault)) }
  const add = (faults: readonly Fault[]) => {
    for (const fault of faults) {
      if (fault.kind === 'ws_cut' && fault.now) {
        onStrike(fault.kind)
        cutNow(fault)
      } else armed.push({ fault, seen: 0, struck: 0, since: performance.now() })
    }
    sort()
  }
  add(initial)

  const strike = (entry: Armed) => {
    entry.struck++
    onStrike(entry.fault.kind)
  }
  const spent = ({ fault, struck }: Armed) => 'count' in fault && fault.count !== undefined && struck >= fault.count
  const matches = ({ fault }: Armed, request: FaultedRequest) =>
    !isStreamFault(fault) && canShow(fault.kind, request) && (fault.path === undefined || request.path.startsWith(fault.path)) && (fault.symbol === undefined || fault.symbol === request.symbol)

  /** Whether a fault that is not a hole strikes this request; counts it. */
  const strikes = (entry: Armed): boolean => {
    const { fault } = entry
    if (!('probability' in fault) || entry.seen++ < fault.after || spent(entry)) return false
    if (fault.probability < 1 && random() >= fault.probability) return false
    strike(entry)
    return true
  }

  return {
    add,
    clear: () => {
      armed = []
      sort()
    },
    /** Who cuts the connections that a fault with `now` means. */
    onCutNow: (cut: (fault: FrameFault) => void) => { cutNow = cut },
    reseed: (next: string | number) => { random = seededRandom(next, 'faults') },
    list: () => armed.map(({ fault, struck }) => ({ ...fault, struck })),
    /** Rolls the dice for one request. */
    forRequest(request: FaultedRequest): Misfortune {
      const hit: Fault[] = []
      const holes: ActiveHole[] = []
      for (const entry of armed) {
        const { fault } = entry
        if (isStreamFault(fault) || !matches(entry, request)) continue
        if (fault.kind === 'hole' || fault.kind === 'flaky_hole') {
          if (!spent(entry) && !(fault.kind === 'flaky_hole' && request.archive)) holes.push({ from: fault.from, to: fault.to, strike: () => strike(entry) })
        } else if (strikes(entry)) hit.push(fault)
      }
      return misfortuneOf(hit, holes, random)
    },
    /** Whether any frame may be struck: asked for every frame, and mostly the end of it. */
    touchFrames: () => ofFrames.length > 0,
    /** Rolls the dice for one frame to one connection. */
    forFrame(stream: FaultedStream): FrameFault[] {
      return ofFrames.flatMap((entry) => {
        const { fault } = entry
        return isFrameFault(fault) && strikesStream(fault, stream) && strikes(entry) ? [fault] : []
      })
    },
    /** The fault of this kind that strikes a connection, a ping or a pong now. */
    forConnection<K extends ConnectionFault['kind']>(kind: K): Extract<ConnectionFault, { kind: K }> | undefined {
      for (const entry of armed) {
        const { fault } = entry
        if (fault.kind !== kind || !('after' in fault) || entry.seen++ < fault.after || spent(entry)) continue
        if (fault.kind === 'ws_refuse' && fault.for_ms !== undefined && performance.now() - entry.since >= fault.for_ms) continue
        strike(entry)
        return fault as Extract<ConnectionFault, { kind: K }>
      }
      return undefined
    },
    random: () => random(),
  }
}
export type Faults = ReturnType<typeof createFaults>

function misfortuneOf(hit: readonly Fault[], holes: readonly ActiveHole[], random: Random): Misfortune {
  const has = (kind: FaultKind) => hit.some((fault) => fault.kind === kind)
  const sum = (of: (fault: Fault) => number) => hit.reduce((total, fault) => total + of(fault), 0)
  return {
    delayMs: sum((fault) => (fault.kind === 'slow' ? fault.delay_ms : 0)),
    refusal: hit.find((fault) => fault.kind === 'rate_limit' || fault.kind === 'ban' || fault.kind === 'server_error'),
    cut: has('cut'), truncate: has('truncate'), checksumMismatch: has('checksum_mismatch'),
    duplicateRows: sum((fault) => (fault.kind === 'duplicate_rows' ? fault.rows : 0)),
    openCandle: has('open_candle'), holes, random,
  }
}

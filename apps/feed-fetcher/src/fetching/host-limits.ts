import { StreamForgeError } from '@streamforge/contracts'
import { type Clock, waitUntil } from '../schedule/clock.ts'

export interface Rate {
  readonly requests: number
  readonly perMs: number
}

export interface HostLimits {
  /** Puts these rules in place of those before; what was asked lately still counts. */
  setRules(rules: ReadonlyMap<string, readonly Rate[]>): void
  /**
   * Resolves when the host may be asked, and counts it as asked.
   * @throws StreamForgeError FEED_RATE_LIMITED when the host has asked for a longer rest than anyone waits
   */
  take(host: string, signal: AbortSignal): Promise<void>
  /** The host asks to be left alone. */
  rest(host: string, until: number): void
}

interface Host {
  /** When it was asked lately, oldest first: of as many requests as its rules look back. */
  asked: number[]
  restUntil: number
  turn: Promise<void>
}

/** A rest that is longer than this is not waited for: the run fails, and the next one tries again. */
const longestWaitMs = 30_000

/**
 * Limits the requests to each host over all feeds: in any span of `perMs` at most `requests` begin, for each rule. Whoever asks first
 * goes first.
 */
export function createHostLimits(clock: Clock): HostLimits {
  let rulesOf: ReadonlyMap<string, readonly Rate[]> = new Map()
  const hosts = new Map<string, Host>()
  const hostOf = (name: string) => {
    const known = hosts.get(name)
    if (known) return known
    const host: Host = { asked: [], restUntil: 0, turn: Promise.resolve() }
    hosts.set(name, host)
    return host
  }

  async function wait(name: string, host: Host, signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      const now = clock.now()
      if (host.restUntil - now > longestWaitMs) {
        throw new StreamForgeError('FEED_RATE_LIMITED', `${name} asked to be left alone until ${new Date(host.restUntil).toISOString()}`, {
          details: { retryAfterMs: host.restUntil - now },
        })
      }
      const rules = rulesOf.get(name) ?? []
      const free = Math.max(host.restUntil, ...rules.map((rule) => freeAt(host.asked, rule)))
      if (free <= now) {
        remember(host, now, Math.max(0, ...rules.map((r) => r.requests)))
        return
      }
      await waitUntil(clock, free, signal)
    }
  }

  return {
    setRules(rules) {
      rulesOf = rules
    },
    take(name, signal) {
      const host = hostOf(name)
      const mine = host.turn.then(() => wait(name, host, signal))
      host.turn = mine.catch(() => undefined)
      return mine
    },
    rest(name, until) {
      const host = hostOf(name)
      host.restUntil = Math.max(host.restUntil, until)
    },
  }
}

function remember(host: Host, now: number, atMost: number): void {
  host.asked.push(now)
  // Now and then, so that a generous rule does not cost a copy a request.
  if (host.asked.length > 2 * atMost) host.asked = atMost === 0 ? [] : host.asked.slice(-atMost)
}

/** When one more request keeps to a rule. */
function freeAt(asked: readonly number[], { requests, perMs }: Rate): number {
  const oldest = asked.at(-requests)
  return oldest === undefined ? 0 : oldest + perMs
}

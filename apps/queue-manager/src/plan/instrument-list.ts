import { venueNamed, type OpenVenueOptions, type VenueClient } from '@streamforge/market'

export interface InstrumentList {
  /** The symbols that a venue has or had; undefined while it cannot be asked. @throws StreamForgeError UNKNOWN_VENUE */
  symbols(venue: string): Promise<ReadonlySet<string> | undefined>
  /** Milliseconds by which the venue's clock is ahead of ours; undefined while it cannot be asked. @throws StreamForgeError UNKNOWN_VENUE */
  clockLead(venue: string): Promise<number | undefined>
}

export interface InstrumentListOptions {
  /** Where each venue is; absent: its own addresses. */
  urls: Readonly<Record<string, OpenVenueOptions['urls']>>
  /** Milliseconds since the epoch. */
  now: () => number
  open?: (venue: string, options: OpenVenueOptions) => Pick<VenueClient, 'instruments' | 'serverTime' | 'close'>
  /** Milliseconds for which an answer is used again; default 10 minutes. */
  keepMs?: number
  /** Milliseconds for which a venue that did not answer is not asked again; default 30 s. */
  keepFailureMs?: number
}

const timeoutMs = 3_000

/** Asks a venue for its instruments, and for its time, at most every ten minutes, however many ask at once. */
export function instrumentList({ urls, now, keepMs = 600_000, keepFailureMs = 30_000, open = openVenue }: InstrumentListOptions): InstrumentList {
  const askWith = async <T>(venue: string, question: (client: ReturnType<typeof open>) => Promise<T>): Promise<T | undefined> => {
    const client = open(venue, { ...(urls[venue] && { urls: urls[venue] }), maxAttempts: 1, timeoutMs, signal: AbortSignal.timeout(timeoutMs) })
    try {
      return await question(client)
    } catch {
      return undefined
    } finally {
      await client.close()
    }
  }
  const kept = <T>(ask: (venue: string) => Promise<T | undefined>) => {
    const known = new Map<string, { until: number; answer: Promise<T | undefined> }>()
    return (venue: string): Promise<T | undefined> => {
      const before = known.get(venue)
      if (before && now() < before.until) return before.answer
      const entry = { until: now() + keepMs, answer: ask(venue) }
      known.set(venue, entry)
      void entry.answer.then((answer) => { if (answer === undefined) entry.until = now() + keepFailureMs }, () => known.delete(venue))
      return entry.answer
    }
  }
  return {
    symbols: kept((venue) => askWith(venue, async (client) => new Set((await client.instruments()).map((i) => i.symbol)))),
    clockLead: kept((venue) => askWith(venue, async (client) => await client.serverTime() - now())),
  }
}

const openVenue = (venue: string, options: OpenVenueOptions) => venueNamed(venue).open(options)

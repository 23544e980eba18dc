import { venueNamed, type OpenVenueOptions, type VenueClient } from '@streamforge/market'

export interface InstrumentList {
  /** The symbols that a venue has or had; undefined while it cannot be asked. @throws StreamForgeError UNKNOWN_VENUE */
  symbols(venue: string): Promise<ReadonlySet<string> | undefined>
}

export interface InstrumentListOptions {
  /** Where each venue is; absent: its own addresses. */
  urls: Readonly<Record<string, OpenVenueOptions['urls']>>
  /** Milliseconds since the epoch. */
  now: () => number
  open?: (venue: string, options: OpenVenueOptions) => Pick<VenueClient, 'instruments' | 'close'>
  /** Milliseconds for which an answer is used again; default 10 minutes. */
  keepMs?: number
  /** Milliseconds for which a venue that did not answer is not asked again; default 30 s. */
  keepFailureMs?: number
}

const timeoutMs = 3_000

/** Asks a venue for its instruments at most every ten minutes, however many ask at once. */
export function instrumentList({ urls, now, keepMs = 600_000, keepFailureMs = 30_000, open = openVenue }: InstrumentListOptions): InstrumentList {
  const known = new Map<string, { until: number; symbols: Promise<ReadonlySet<string> | undefined> }>()

  const ask = async (venue: string): Promise<ReadonlySet<string> | undefined> => {
    const client = open(venue, { ...(urls[venue] && { urls: urls[venue] }), maxAttempts: 1, timeoutMs, signal: AbortSignal.timeout(timeoutMs) })
    try {
      return new Set((await client.instruments()).map((i) => i.symbol))
    } catch {
      return undefined
    } finally {
      await client.close()
    }
  }
  return {
    symbols(venue) {
      const before = known.get(venue)
      if (before && now() < before.until) return before.symbols
      const entry = { until: now() + keepMs, symbols: ask(venue) }
      known.set(venue, entry)
      void entry.symbols.then((symbols) => { if (!symbols) entry.until = now() + keepFailureMs }, () => known.delete(venue))
      return entry.symbols
    },
  }
}

const openVenue = (venue: string, options: OpenVenueOptions) => venueNamed(venue).open(options)

import { abortableSleep } from './abortable-sleep.ts'
import { venueHttp, type VenueHttp, type VenueHttpOptions } from './http.ts'
import type { OpenVenueOptions, VenueDescription } from './venue.ts'
import { weightBudget, type WeightBudget } from './weight-budget.ts'

/** The options of `open` with the defaults filled in, and the budget that all requests to the venue share. */
export interface OpenedVenue {
  now: () => number
  budget: WeightBudget
  http(options: { baseUrl: string } & Partial<VenueHttpOptions>): VenueHttp
}

export function openVenueHttp(venue: string, description: VenueDescription, options: OpenVenueOptions): OpenedVenue {
  const now = options.now ?? Date.now
  const sleep = options.sleep ?? abortableSleep
  const concurrency = options.concurrency ?? 8
  const budget = weightBudget({
    limit: options.weightLimit ?? description.limit.weight, windowMs: description.limit.windowMs, now, sleep,
    reserve: ((options.sharers ?? 1) - 1) * concurrency * Math.max(description.trades.weight, description.candles.weight),
  })
  return {
    now,
    budget,
    http: (own) => venueHttp({
      venue, budget, now, sleep, random: options.random ?? Math.random, signal: options.signal, log: options.log,
      concurrency, maxAttempts: options.maxAttempts ?? 8, timeoutMs: options.timeoutMs ?? 20_000, ...own,
    }),
  }
}

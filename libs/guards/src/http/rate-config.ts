import { z } from 'zod'
import type { HttpRates } from './guard-http.ts'
import type { Rate } from './request-rates.ts'

const perMinute = z.coerce.number().int().min(0).max(1_000_000)

/** Variables of a server with an API. The defaults are far above what a page and a few programs do, and far below what would hurt. */
export const RateConfig = {
  RATE_LIMIT_READS: perMinute.default(3_000).describe('requests a minute of one caller that only read, from 0 to 1000000; 0: no limits of any kind'),
  RATE_LIMIT_CHANGES: perMinute.default(300).describe('requests a minute of one caller that change something, from 0 to 1000000; 0: no limits of any kind'),
}

/** The limits of a server; an address may ask for as much as two callers, since a proxy or a dashboard stands for several. */
export function ratesOf({ RATE_LIMIT_READS: reads, RATE_LIMIT_CHANGES: changes }: z.infer<z.ZodObject<typeof RateConfig>>): HttpRates | undefined {
  if (reads === 0 || changes === 0) return undefined
  return { reads: rateOf(reads), changes: rateOf(changes), address: rateOf(2 * (reads + changes)) }
}

/** What a third of a minute brings may come at once: a page that is opened asks for much. */
const rateOf = (perMinute: number): Rate => ({ perMinute, burst: Math.ceil(perMinute / 3) })

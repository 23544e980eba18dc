import { z } from 'zod'

const url = z.url({ protocol: /^https?$/ }).optional()

/** The loader's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  REQUEST_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(8).describe('from 1 to 64 requests to the venue on their way at most'),
  VENUE_WEIGHT_LIMIT: z.coerce.number().int().nonnegative().optional().describe("a request weight a minute in place of the venue's own; 0: no limit"),
  BINANCE_REST_URL: url.describe("an http or https address; absent: Binance's own"),
  BINANCE_ARCHIVE_URL: url.describe("an http or https address; absent: Binance's own archive"),
  COINBASE_REST_URL: url.describe("an http or https address; absent: Coinbase Exchange's own"),
  YAHOO_REST_URL: url.describe("an http or https address; absent: Yahoo Finance's own"),
}

import { z } from 'zod'

const http = z.url({ protocol: /^https?$/ }).optional()
const websocket = z.url({ protocol: /^wss?$/ }).optional()

/** The live loader's own part of its environment; docs/ARCHITECTURE.md has what every service reads. */
export const Config = {
  BINANCE_WS_URL: websocket.describe("a ws or wss address; absent: Binance's own"),
  COINBASE_WS_URL: websocket.describe("a ws or wss address; absent: Coinbase Exchange's own"),
  BINANCE_REST_URL: http.describe("an http or https address; absent: Binance's own"),
  COINBASE_REST_URL: http.describe("an http or https address; absent: Coinbase Exchange's own"),
  VENUE_WEIGHT_LIMIT: z.coerce.number().int().nonnegative().optional().describe("a request weight a minute in place of the venue's own; 0: no limit"),
  BOOK_SNAPSHOT_SECONDS: z.coerce.number().int().min(1).max(86_400).default(60).describe('seconds from 1 to 86400 between order book snapshots on the topic'),
  LIVE_SCHEDULING: z.enum(['ordinary', 'realtime']).default('ordinary').describe('ordinary or realtime: before every ordinary process, where the system lets us (Linux, chrt, CAP_SYS_NICE)'),
}

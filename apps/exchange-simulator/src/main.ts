import { z } from 'zod'
import { parseTimeRange, StreamForgeError, toStreamForgeError } from '@streamforge/contracts'
import { openRecordedMarket, readRecordedStocks, syntheticMarket, type Market } from '@streamforge/market'
import { Fault } from './faults.ts'
import { noHistory } from './live/live-market.ts'
import { readRecording } from './live/recorded-frames.ts'
import { startOf } from './live/replay.ts'
import { startSimulator, tickingClock } from './start-simulator.ts'

const whole = (byDefault: number) => z.coerce.number().int().nonnegative().default(byDefault)
const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
})

const Config = z.object({
  PORT: whole(0).describe('0 takes a free one'),
  HOST: z.string().default('127.0.0.1'),
  DATA: z.string().optional().describe("Folder of recorded files, of stocks' daily prices too; without it the market is synthetic"),
  CACHE_MB: z.coerce.number().positive().optional().describe('Memory for candles read or made; a benchmark wants all of them at hand'),
  SEED: z.string().default('1').describe('Of the synthetic market and of the faults'),
  SYMBOLS: z.string().regex(/^[A-Z0-9]{2,24}(,[A-Z0-9]{2,24})*$/).optional().describe('Of the synthetic market, comma-separated'),
  TIME_RANGE: z.string().optional().describe('Of the synthetic market, from:to'),
  NOW: z.string().optional().describe("Where the venue's clock begins: an instant, or 'real'; default: the end of the data"),
  WEIGHT_LIMIT: whole(6000).describe("Binance's weight a minute; 0 for none"),
  BAN_AFTER: whole(50),
  COINBASE_LIMIT: whole(0).describe("Coinbase's requests a second; 0 for none"),
  WS_RATE: z.coerce.number().positive().max(20_000).default(20).describe('Messages a second of one symbol whose live market is made up'),
  WS_DEPTH_MS: whole(100).pipe(z.number().positive()).describe('Between two depth diffs of a made-up book'),
  WS_KLINE_MS: whole(1000).pipe(z.number().positive()).describe('Between two states of an open candle; Binance takes 250 to 2000'),
  WS_FRAMES: z.string().optional().describe("Folder of recorded frames to play instead; the venue's clock is then theirs, and without DATA there is no history"),
  WS_MARKET: z.enum(['spot', 'usdm', 'coinm']).default('spot').describe('Of the recorded frames'),
  WS_SPEED: z.coerce.number().nonnegative().default(1).describe('Of the recorded frames; 0: as fast as the slowest client takes them'),
  WS_KEEP_TRADES: whole(500_000).describe('Streamed trades a symbol that REST goes on showing'),
  WS_KEEP_BOOK: whole(20_000).describe('Changes that /_simulator/book can go back'),
  WS_MESSAGES_PER_SECOND: whole(5).describe('From one client; 0 for no limit'),
  WS_CONNECTION_ATTEMPTS: whole(300).describe('In five minutes and address; 0 for no limit'),
  WS_PING_MS: whole(20_000).pipe(z.number().positive()),
  WS_PONG_TIMEOUT_MS: whole(60_000).pipe(z.number().positive()),
  WS_LIFETIME_MS: whole(86_400_000).pipe(z.number().positive()).describe('Of one connection'),
  FAULTS: json.pipe(z.array(Fault)).default([]).describe('JSON list of faults, as POST /_simulator/faults takes them'),
})

function readConfig(environment: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''))
  const parsed = Config.safeParse(given)
  if (parsed.success) return parsed.data
  throw new StreamForgeError('BAD_CONFIG', parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '), {
    remedy: 'correct the environment variables named',
  })
}

function startOfClock(text: string | undefined, end: number): number {
  if (text === undefined) return end
  if (text === 'real') return Date.now()
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(time)) throw new StreamForgeError('BAD_CONFIG', `NOW '${text}' is not an instant`, { remedy: "write 2022-12-31T00:00:00Z, milliseconds or 'real'" })
  return time
}

async function main(): Promise<void> {
  const config = readConfig(process.env)
  const recording = config.WS_FRAMES ? await readRecording(config.WS_FRAMES, config.WS_MARKET) : undefined
  const cache = config.CACHE_MB === undefined ? {} : { cacheBytes: config.CACHE_MB * 1024 * 1024 }
  const madeUp = () => (recording ? noHistory(startOf(recording))
    : syntheticMarket({ ...cache, seed: config.SEED, ...(config.SYMBOLS && { symbols: config.SYMBOLS.split(',') }), ...(config.TIME_RANGE && parseTimeRange(config.TIME_RANGE)) }))
  const { DATA: data } = config
  const market = data ? await openRecordedMarket(data, cache).catch((error: unknown) => besideStocks(error, data, madeUp)) : madeUp()
  const say = (fields: Record<string, unknown>) => process.stdout.write(`${JSON.stringify({ service: 'exchange-simulator', ...fields })}\n`)
  const simulator = await startSimulator({
    market, ...(data && { stocks: () => readRecordedStocks(data) }), port: config.PORT, host: config.HOST, now: tickingClock(startOfClock(config.NOW, market.end)), weightLimit: config.WEIGHT_LIMIT,
    live: {
      rate: config.WS_RATE, depthMs: config.WS_DEPTH_MS, klineMs: config.WS_KLINE_MS, keepTrades: config.WS_KEEP_TRADES, keepBook: config.WS_KEEP_BOOK,
      ...(recording && { recording }),
    },
    speed: config.WS_SPEED,
    streamLimits: {
      messagesPerSecond: config.WS_MESSAGES_PER_SECOND, connectionAttempts: config.WS_CONNECTION_ATTEMPTS, pingMs: config.WS_PING_MS,
      pongTimeoutMs: config.WS_PONG_TIMEOUT_MS, lifetimeMs: config.WS_LIFETIME_MS,
    },
    banAfter: config.BAN_AFTER, coinbaseLimit: config.COINBASE_LIMIT, faults: config.FAULTS, seed: config.SEED,
    onError: (error) => say({ level: 'error', ...describe(error) }),
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close().then(() => process.exit(0)))
  say({ url: simulator.url, ws: simulator.wsUrl, market: market.kind, symbols: simulator.venue.market.instruments().length, end: new Date(market.end).toISOString() })
}

/** A folder may hold stocks alone: then the rest of the market is made up. */
async function besideStocks(error: unknown, data: string, madeUp: () => Market): Promise<Market> {
  if (!(error instanceof StreamForgeError && error.code === 'NOT_FOUND') || (await readRecordedStocks(data)).tickers.length === 0) throw error
  return madeUp()
}

function describe(error: unknown) {
  const { code, message, remedy } = toStreamForgeError(error)
  return { code, message, remedy }
}

main().catch((error: unknown) => {
  process.stderr.write(`${JSON.stringify({ service: 'exchange-simulator', level: 'fatal', ...describe(error) })}\n`)
  process.exitCode = 1
})

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { StreamForgeError } from '@streamforge/contracts'
import type { LiveTrade } from './trade-tape.ts'

export type VenueMarket = 'spot' | 'usdm' | 'coinm'

export interface RecordedSnapshot {
  readonly lastUpdateId: number
  readonly bids: readonly (readonly [string, string])[]
  readonly asks: readonly (readonly [string, string])[]
}

/** One frame of a recording. `payload` is the venue's own text. */
export interface RecordedFrame {
  /** Receipt, milliseconds with a fraction. */
  readonly receivedAt: number
  readonly symbol: string
  readonly channel: 'aggTrade' | 'trade' | 'bookTicker' | 'depth'
  readonly payload: string
}

export interface Recording {
  readonly frames: readonly RecordedFrame[]
  readonly snapshots: ReadonlyMap<string, RecordedSnapshot>
}

/** The part of a file name by which a market's recordings are known. */
const names: Record<VenueMarket, RegExp> = {
  spot: /^(spot_.*|BINANCE\.(ws|http).*)\.gz$/, usdm: /^(usdm_.*|BINANCE_FUTURES\.(ws|http).*)\.gz$/, coinm: /^cm_.*\.gz$/,
}

/**
 * The recordings of one market in a folder, as one, in the order of receipt. A line is a receipt (nanoseconds and a space, or
 * seconds and `: `) and a frame of the combined stream; a REST snapshot is a line of its own or follows the URL that was asked.
 * Frames of a depth stream that do not follow on from the symbol's snapshot are left out, and so are candles: they are made from
 * the trades, so that they tell what the trades tell.
 * @throws StreamForgeError NOT_FOUND when there is none, BAD_DATA_FILE when a line is not such a one
 */
export async function readRecording(directory: string, market: VenueMarket): Promise<Recording> {
  const files = (await readdir(directory)).filter((name) => names[market].test(name)).sort()
  if (files.length === 0) {
    throw new StreamForgeError('NOT_FOUND', `'${directory}' holds no recorded frames of the ${market} market`, {
      remedy: 'name the folder that holds files like spot_btcusdt_20240808.gz, and WS_MARKET',
    })
  }
  const frames: RecordedFrame[] = []
  const snapshots = new Map<string, RecordedSnapshot>()
  for (const file of files) {
    const text = (await promisify(gunzip)(await readFile(join(directory, file)))).toString()
    readLines(text, `${directory}/${file}`, frames, snapshots)
  }
  frames.sort((a, b) => a.receivedAt - b.receivedAt)
  return { frames: joiningFrames(frames, snapshots), snapshots }
}

const frameLine = /^(\d+(?:\.\d+)?):? \{"stream":"([a-z0-9_]+)@([A-Za-z]+)[^"]*","data":(.*)\}\s*$/
const askedSnapshot = /depth\?symbol=([A-Z0-9_]+).* -> [\d.]+: (\{"lastUpdateId".*)$/
const ownSnapshot = /^\d+ (\{"lastUpdateId".*)$/
const otherLine = /^(wss?|https?):\/\/|^configuration:|^\s*$/

function readLines(text: string, file: string, frames: RecordedFrame[], snapshots: Map<string, RecordedSnapshot>): void {
  const firstFrame = frames.length
  for (const [i, line] of text.split('\n').entries()) {
    const frame = frameLine.exec(line)
    if (frame) {
      const channel = frame[3]!
      if (channel === 'kline') continue
      if (!isChannel(channel)) throw badLine(file, i)
      const digits = frame[1]!
      frames.push({ receivedAt: digits.includes('.') ? Number(digits) * 1e3 : Number(digits) / 1e6, symbol: frame[2]!.toUpperCase(), channel, payload: frame[4]! })
      continue
    }
    const asked = askedSnapshot.exec(line)
    const own = asked ? undefined : ownSnapshot.exec(line)
    const symbol = asked?.[1] ?? frames[firstFrame]?.symbol
    if ((asked ?? own) && symbol) snapshots.set(symbol, JSON.parse(asked?.[2] ?? own![1]!) as RecordedSnapshot)
    else if (!otherLine.test(line)) throw badLine(file, i)
  }
}

const isChannel = (name: string): name is RecordedFrame['channel'] => ['aggTrade', 'trade', 'bookTicker', 'depth'].includes(name)

const badLine = (file: string, i: number) => new StreamForgeError('BAD_DATA_FILE', `line ${i + 1} of '${file}' is no recorded frame`, {
  remedy: 'expected a receipt and a frame of a combined stream (depth, bookTicker, trade, aggTrade, kline)',
})

/** All frames of a symbol from the first diff on that its snapshot needs. */
function joiningFrames(frames: readonly RecordedFrame[], snapshots: ReadonlyMap<string, RecordedSnapshot>): RecordedFrame[] {
  const begun = new Set<string>()
  return frames.filter(({ symbol, channel, payload }) => {
    if (begun.has(symbol)) return true
    const snapshot = snapshots.get(symbol)
    if (!snapshot || channel !== 'depth' || depthIds(payload).finalId <= snapshot.lastUpdateId) return false
    begun.add(symbol)
    return true
  })
}

export function depthIds(payload: string): { firstId: number; finalId: number } {
  return { firstId: Number(/"U":(\d+)/.exec(payload)![1]), finalId: Number(/"u":(\d+)/.exec(payload)![1]) }
}

/** When the venue sent it; spot's bookTicker does not tell. */
export function eventTimeOf(payload: string): number | undefined {
  const found = /"E":(\d+)/.exec(payload)
  return found ? Number(found[1]) : undefined
}

export function tradeOf({ channel, payload }: RecordedFrame): LiveTrade {
  const { a, t, T, p, q, m } = JSON.parse(payload) as { a?: number; t?: number; T: number; p: string; q: string; m: boolean }
  return { id: (channel === 'aggTrade' ? a : t)!, time: T, price: Number(p), quantity: Number(q), buyerMaker: m }
}

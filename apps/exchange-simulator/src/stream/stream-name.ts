import { Interval } from '@streamforge/contracts'
import type { Channel } from '../live/live-symbol.ts'

export interface StreamName {
  /** As the client wrote it; frames carry it back. */
  readonly name: string
  readonly symbol: string
  readonly channel: Channel
}

const form = /^([a-z0-9_]{1,30})@(?:(aggTrade|trade|bookTicker)|(depth)(?:@(?:0|100|250|500|1000)ms)?|kline_(\w{2,3}))$/

/** A stream of one symbol; undefined for what is none. All speeds of depth are one here: the book's own. */
export function parseStreamName(name: string): StreamName | undefined {
  const found = form.exec(name)
  if (!found) return undefined
  const [, symbol, plain, depth, kline] = found
  const interval = kline === undefined ? undefined : Interval.safeParse(kline)
  if (interval && !interval.success) return undefined
  const channel = interval ? `kline_${interval.data}` as const : ((plain ?? depth) as Channel)
  return { name, symbol: symbol!.toUpperCase(), channel }
}

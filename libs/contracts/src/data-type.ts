import { z } from 'zod'
import { Interval, intervals } from './interval.ts'
import { StreamForgeError } from './errors.ts'

/** What a queue carries: `api_*` is history over REST, `ws_*` is live over WebSocket. */
export type DataType =
  | `api_candles_${Interval}` | 'api_trades'
  | `ws_candles_${Interval}` | 'ws_trades' | 'ws_orderbook'

export const dataTypes: DataType[] = [
  ...intervals.map((i) => `api_candles_${i}` as const), 'api_trades',
  ...intervals.map((i) => `ws_candles_${i}` as const), 'ws_trades', 'ws_orderbook',
]
export const DataType = z.enum(dataTypes as [DataType, ...DataType[]])

export type ParsedDataType =
  | { source: 'api' | 'ws'; content: 'candles'; interval: Interval }
  | { source: 'api' | 'ws'; content: 'trades' }
  | { source: 'ws'; content: 'orderbook' }

/** @throws StreamForgeError UNKNOWN_TYPE */
export function parseDataType(type: string): ParsedDataType {
  if (!dataTypes.includes(type as DataType)) {
    throw new StreamForgeError('UNKNOWN_TYPE', `type '${type}' is not known`, {
      remedy: 'GET /workflow-types lists the types', details: { type },
    })
  }
  const [source, content, interval] = type.split('_') as ['api' | 'ws', string, string?]
  if (content === 'candles') return { source, content, interval: Interval.parse(interval) }
  if (content === 'trades') return { source, content }
  return { source: 'ws', content: 'orderbook' }
}

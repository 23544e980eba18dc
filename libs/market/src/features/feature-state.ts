import type { Candle, FeatureSet } from '@streamforge/contracts'
import { startStream, type BarQuote, type BarTrades, type StreamState } from './bar-inputs.ts'
import { startBarHistory, type BarHistory } from './bar-history.ts'

/** What is kept of a candle until its bar is emitted. */
export type PendingCandle = Pick<
  Candle,
  'open_time' | 'event_time' | 'known_time' | 'backfilled' | 'high' | 'low' | 'close' | 'volume' | 'quote_volume' | 'trade_count' | 'taker_buy_volume'
>

export interface KnownArticle { id: string; at: number; score: number }

/** All that a symbol's features remember: plain JSON, some kilobytes. Another form gets another `form`. */
export interface FeatureState {
  form: 'bars_v1.1'
  /** Open time of the newest candle taken; -1: none. */
  candle: number
  /** Open time of the newest bar emitted; -1: none. */
  emitted: number
  pending: PendingCandle[]
  trades: StreamState<BarTrades>
  quotes: StreamState<BarQuote>
  /** Articles that may still count, in the order of their ids: sums do not depend on who came first. */
  articles: KnownArticle[]
  /** When the first article about the symbol was known; absent: none yet. */
  newsSince?: number
  /** Of the bars since the last gap. */
  history: BarHistory
  /** When the latest of what the history holds was known. */
  known: number
}

export const featureSet: FeatureSet = 'bars_v1'

export const startFeatures = (): FeatureState => ({
  form: 'bars_v1.1', candle: -1, emitted: -1, pending: [], trades: startStream(), quotes: startStream(), articles: [],
  history: startBarHistory(), known: 0,
})

/** A state as it was stored, or undefined when it is of another form: then features begin anew. */
export function readFeatureState(json: unknown): FeatureState | undefined {
  const state = json as Partial<FeatureState> | null | undefined
  return state?.form === 'bars_v1.1' ? state as FeatureState : undefined
}

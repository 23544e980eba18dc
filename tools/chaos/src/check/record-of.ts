import { DataMessage, type MarketRecord } from '@streamforge/contracts'

/** A record of a queue on its topic; undefined for markers and gaps, and for poison: what must not be stored is looked for in the store. */
export function recordOf(value: Buffer, symbol: string): MarketRecord | undefined {
  try {
    const { data } = DataMessage.safeParse(JSON.parse(value.toString()))
    return data && (data.kind === 'candle' || data.kind === 'trade') && data.symbol === symbol ? data : undefined
  } catch {
    return undefined
  }
}

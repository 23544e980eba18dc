/**
 * How many messages the symbols of a market send. Recorded: BTCUSDT's spot streams over 345 s of 2024-08-08 (28.3 trades, 81.3 best bids and offers, 10.0 diffs of the
 * book a second) and those of four small symbols (NKNUSDT, LRCBTC, BLZETH, RUNEEUR) over 30 s of 2021-10-12 (on average 0.017, 0.70, 1.5). Between the first and those,
 * taken for rank 1,000, activity is assumed to fall as a power of the rank (Zipf's law), which is what the traded values of the 20 recorded assets do. Diffs come every 100 ms at most:
 * no symbol can send more than ten a second, whatever happens on the market.
 */
export interface Stream {
  /** Messages a second of the most active symbol, if nothing held it back. */
  top: number
  /** And of the symbol of rank 1,000. */
  thousandth: number
  /** No symbol can send more, messages a second. */
  limit: number
  /** Busiest second of the recording over its mean. */
  peak: number
  /** Bytes of a message as stored and published by us, about. */
  bytes: number
}

export const streams = {
  trades: { top: 28.3, thousandth: 0.017, limit: Infinity, peak: 34, bytes: 260 },
  tickers: { top: 81.3, thousandth: 0.7, limit: Infinity, peak: 5, bytes: 230 },
  diffs: { top: 176, thousandth: 1.5, limit: 10, peak: 1, bytes: 1_300 },
} satisfies Record<string, Stream>

/** Messages a second of the symbol of a rank, from 1. */
export function rateOfRank({ top, thousandth, limit }: Stream, rank: number): number {
  const exponent = Math.log(top / thousandth) / Math.log(1_000)
  return Math.min(limit, top * rank ** -exponent)
}

/** Messages a second of the most active so many symbols: on average, and in a busy second in which all are as busy as their busiest recorded. */
export function rateOfSymbols(stream: Stream, symbols: number): { mean: number; busy: number } {
  let [mean, busy] = [0, 0]
  for (let rank = 1; rank <= symbols; rank++) {
    const rate = rateOfRank(stream, rank)
    mean += rate
    busy += Math.min(stream.limit, rate * stream.peak)
  }
  return { mean, busy }
}

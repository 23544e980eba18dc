import { allocateTrades, joinTrades, lowerBound, noTrades, type TradeColumns, type TradeQuery, type TradeSlice } from '@streamforge/market'

export interface LiveTrade {
  readonly id: number
  /** Milliseconds. */
  readonly time: number
  readonly price: number
  readonly quantity: number
  readonly buyerMaker: boolean
}

const chunkRows = 4096

interface Chunk {
  readonly columns: TradeColumns
  length: number
}

/** The trades that were streamed, by ascending id, the last `keep` of them. 40 bytes each. */
export class TradeTape {
  readonly #chunks: Chunk[] = []
  readonly #mostChunks: number
  #lastId: number

  /** @param lastId of the trades before */
  constructor(keep: number, lastId: number) {
    this.#lastId = lastId
    this.#mostChunks = Math.max(2, Math.ceil(keep / chunkRows))
  }

  get lastId(): number {
    return this.#lastId
  }

  /** False, and nothing done, for a trade that is there already. */
  add(trade: LiveTrade): boolean {
    if (trade.id <= this.#lastId) return false
    let chunk = this.#chunks.at(-1)
    if (!chunk || chunk.length === chunkRows) {
      chunk = { columns: allocateTrades(chunkRows), length: 0 }
      this.#chunks.push(chunk)
      if (this.#chunks.length > this.#mostChunks) this.#chunks.shift()
    }
    const i = chunk.length++
    const { columns } = chunk
    columns.id[i] = this.#lastId = trade.id
    columns.time[i] = trade.time
    columns.price[i] = trade.price
    columns.quantity[i] = trade.quantity
    columns.buyerMaker[i] = trade.buyerMaker ? 1 : 0
    return true
  }

  read({ fromId = 0, from, to, limit, latest }: TradeQuery): TradeSlice {
    const parts: TradeSlice[] = []
    let missing = limit
    for (const { columns, length } of latest ? this.#chunks.toReversed() : this.#chunks) {
      if (missing === 0) break
      const times = columns.time.subarray(0, length)
      const first = Math.max(lowerBound(times, from), lowerBound(columns.id.subarray(0, length), fromId))
      const end = lowerBound(times, to)
      if (end <= first) continue
      const part = latest ? { columns, start: Math.max(first, end - missing), end } : { columns, start: first, end: Math.min(end, first + missing) }
      missing -= part.end - part.start
      if (latest) parts.unshift(part)
      else parts.push(part)
    }
    // Copied, for the last chunk goes on growing.
    return parts.length === 0 ? noTrades : joinTrades(parts)
  }
}

import type { TradeSlice } from '@streamforge/market'
import { ByteWriter } from './byte-writer.ts'

const writer = new ByteWriter()

/** Binance's answer to /api/v3/aggTrades. The market has single trades, so each is an aggregate of itself. */
export function renderAggregateTrades({ columns, start, end }: TradeSlice): Buffer {
  writer.text('[')
  for (let i = start; i < end; i++) {
    const id = columns.id[i]!
    writer.text(i === start ? '{"a":' : ',{"a":').integer(id)
    writer.text(',"p":"').decimal8(columns.price[i]!).text('","q":"').decimal8(columns.quantity[i]!)
    writer.text('","f":').integer(id).text(',"l":').integer(id).text(',"T":').integer(columns.time[i]!)
    writer.text(columns.buyerMaker[i] ? ',"m":true,"M":true}' : ',"m":false,"M":true}')
  }
  return writer.text(']').take()
}

/** Binance's answer to /api/v3/trades and /api/v3/historicalTrades. */
export function renderTrades({ columns, start, end }: TradeSlice): Buffer {
  writer.text('[')
  for (let i = start; i < end; i++) {
    const [price, quantity] = [columns.price[i]!, columns.quantity[i]!]
    writer.text(i === start ? '{"id":' : ',{"id":').integer(columns.id[i]!)
    writer.text(',"price":"').decimal8(price).text('","qty":"').decimal8(quantity)
    writer.text('","quoteQty":"').decimal8(price * quantity).text('","time":').integer(columns.time[i]!)
    writer.text(columns.buyerMaker[i] ? ',"isBuyerMaker":true,"isBestMatch":true}' : ',"isBuyerMaker":false,"isBestMatch":true}')
  }
  return writer.text(']').take()
}

/** Lines of an aggTrades archive file. */
export function renderAggregateTradeLines({ columns, start, end }: TradeSlice, microseconds: boolean): Buffer {
  for (let i = start; i < end; i++) {
    const id = columns.id[i]!
    writer.integer(id).text(',').decimal8(columns.price[i]!).text(',').decimal8(columns.quantity[i]!)
    writer.text(',').integer(id).text(',').integer(id).text(',').integer(columns.time[i]! * (microseconds ? 1000 : 1))
    writer.text(columns.buyerMaker[i] ? ',True,True\n' : ',False,True\n')
  }
  return writer.take()
}

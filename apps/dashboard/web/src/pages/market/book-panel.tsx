import { useState } from 'react'
import type { BookView, Instrument } from '@streamforge/contracts'
import { useLive } from '../../live/use-live.ts'
import { bookRows, spreadOf, type BookRow } from './book-rows.ts'
import { hasStreams } from './venue-streams.ts'
import { formatClock, trimDecimal } from '../../format.ts'
import { Link } from '../../router.tsx'

const shownLevels = 9

/** The best levels of both sides, and whether they may be trusted. */
export function BookPanel({ instrument: { venue, symbol, live_book: live } }: { instrument: Instrument }) {
  const [book, setBook] = useState<BookView>()
  useLive(live ? { kind: 'book', venue, symbol } : undefined, { onData: (data) => setBook(data.book) })
  return (
    <section className="panel book" aria-labelledby="book-title">
      <div className="panel-head">
        <h2 id="book-title">Order book</h2>
        {live && book && <BookStatus book={book} />}
      </div>
      {!live && hasStreams(venue) && <p className="empty">No order book of {symbol} streams now. <Link href={`/workflows?venue=${venue}&symbol=${symbol}&type=ws_orderbook`}>Stream it</Link></p>}
      {!live && !hasStreams(venue) && <p className="empty">{venue} has no order books.</p>}
      {live && (!book || book.status === 'unknown') && <p className="empty">Waiting for a snapshot …</p>}
      {live && book && book.status !== 'unknown' && <Ladder book={book} />}
    </section>
  )
}

function BookStatus({ book }: { book: BookView }) {
  return (
    <>
      <span className={`tag ${book.status === 'valid' ? 'tag-live' : 'tag-bad'}`} role="status">{book.status === 'valid' ? 'valid' : `being rebuilt${book.gap_reason ? `: ${book.gap_reason}` : ''}`}</span>
      {book.event_time !== undefined && <span className="muted push num">{formatClock(book.event_time)} UTC</span>}
    </>
  )
}

function Ladder({ book }: { book: BookView }) {
  const { bids, asks } = bookRows(book.bids, book.asks, shownLevels)
  const spread = spreadOf(book.bids, book.asks)
  const decimals = Math.max(2, ...[...bids, ...asks].map((row) => trimDecimal(row.price).split('.')[1]?.length ?? 0))
  return (
    <div className={book.status === 'valid' ? 'ladder' : 'ladder ladder-doubtful'}>
      <Side rows={asks.toReversed()} side="ask" decimals={decimals} />
      {spread && <p className="spread"><strong className="num">{spread.middle.toFixed(decimals)}</strong> <span className="muted">spread {spread.absolute.toFixed(decimals)} ({(spread.relative * 10_000).toFixed(2)} bp)</span></p>}
      <Side rows={bids} side="bid" decimals={decimals} />
    </div>
  )
}

function Side({ rows, side, decimals }: { rows: readonly BookRow[]; side: 'bid' | 'ask'; decimals: number }) {
  return (
    <table className="tight levels">
      <caption className="sr-only">{side === 'bid' ? 'Bids, best first' : 'Asks, best last'}</caption>
      <thead className="sr-only"><tr><th>Price</th><th>Quantity</th></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.price}>
            <td className={`num ${side === 'bid' ? 'up' : 'down'}`}>{trimDecimal(row.price, decimals)}</td>
            <td className="num level-quantity"><span className={`depth depth-${side}`} style={{ width: `${row.share * 100}%` }} aria-hidden="true" /><span className="level-text">{trimDecimal(row.quantity)}</span></td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

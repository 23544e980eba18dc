import { useEffect, useMemo, useRef, useState } from 'react'
import type { Instrument, Trade } from '@streamforge/contracts'
import { measureReceived, measureShown } from '../../live/measure-trades.ts'
import { useLive } from '../../live/use-live.ts'
import { formatClockMs, formatCount, formatDay, priceDecimals } from '../../format.ts'
import { mergeTrades, tapeRows } from './merge-trades.ts'
import { Link } from '../../router.tsx'
import { hasStreams } from './venue-streams.ts'

const kept = 60

/** The newest trades, with the jumps of their ids. */
export function TapePanel({ instrument: { venue, symbol, trades: stored, live_trades: live } }: { instrument: Instrument }) {
  const [trades, setTrades] = useState<Trade[]>([])
  const pushed = useRef<Trade[]>([])
  useLive(stored ? { kind: 'trades', venue, symbol } : undefined, {
    since: () => trades[0]?.trade_id,
    onData: (data, wasPushed) => {
      setTrades((known) => mergeTrades(known, data.trades, kept))
      if (!wasPushed) return
      measureReceived(data.trades)
      pushed.current.push(...data.trades)
    },
  })
  useEffect(() => measureShown(pushed.current.splice(0)), [trades])
  const decimals = useMemo(() => priceDecimals(trades.map((t) => t.price)), [trades])
  const newest = trades[0]
  return (
    <section className="panel tape" aria-labelledby="tape-title">
      <div className="panel-head">
        <h2 id="tape-title">Trades</h2>
        {stored && (live ? <span className="tag tag-live">live</span> : <span className="tag">stored history</span>)}
        {newest && <span className="muted push">{formatDay(newest.event_time)} UTC</span>}
      </div>
      {!stored && hasStreams(venue) && <p className="empty">No trades of {symbol}. <Link href={`/workflows?venue=${venue}&symbol=${symbol}&type=ws_trades`}>Stream them</Link></p>}
      {!stored && !hasStreams(venue) && <p className="empty">{venue} has no trades.</p>}
      {stored && trades.length === 0 && <p className="empty">No trade yet.</p>}
      {trades.length > 0 && (
        <div className="scroll tape-scroll" tabIndex={0} role="region" aria-labelledby="tape-title">
          <table className="tight">
            <thead><tr><th>Time</th><th className="num">Price</th><th className="num">Quantity</th></tr></thead>
            <tbody>{tapeRows(trades).map(({ trade, missingBelow }, row) => <TapeLine key={row} trade={trade} decimals={decimals} missingBelow={missingBelow} />)}</tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** Lines keep their place and change their text: in a busy market all of them are new many times a second, and texts are cheaper than rows. */
function TapeLine({ trade, decimals, missingBelow }: { trade: Trade; decimals: number; missingBelow: number }) {
  const side = trade.buyer_maker ? 'sold' : 'bought'
  return (
    <>
      <tr title={`trade ${trade.trade_id}, ${side}${trade.backfilled ? ', backfilled' : ''}`}>
        <td className="num">{formatClockMs(trade.event_time)}</td>
        <td className={`num ${trade.buyer_maker ? 'down' : 'up'}`}><span aria-hidden="true">{trade.buyer_maker ? '▾' : '▴'}</span><span className="sr-only">{side} at </span> {trade.price.toFixed(decimals)}</td>
        <td className="num">{trade.quantity}</td>
      </tr>
      {missingBelow > 0 && <tr className="jump"><td colSpan={3}>{formatCount(missingBelow)} trades not shown here</td></tr>}
    </>
  )
}

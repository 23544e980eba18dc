import { useState } from 'react'
import type { BacktestReport } from '@streamforge/contracts'
import { formatCount, formatInstant } from '../../format.ts'
import { formatMoney } from './trading-view.ts'

const pageSize = 50

/** All trades, the newest first, some at a time; each can be brought into sight on the chart. */
export function TradesTable({ report: { trades }, decimals, onShow }: { report: BacktestReport; decimals: number; onShow: (openTime: number) => void }) {
  const [shown, setShown] = useState(pageSize)
  const rows = trades.toReversed().slice(0, shown)
  return (
    <section className="panel" aria-labelledby="trades-title">
      <div className="panel-head"><h2 id="trades-title">Trades</h2><span className="muted">{formatCount(trades.length)} filled, the newest first; a time shows it on the chart</span></div>
      {trades.length === 0 && <p className="empty">Nothing was bought or sold.</p>}
      {trades.length > 0 && (
        <div className="scroll trades" tabIndex={0} role="region" aria-labelledby="trades-title">
          <table>
            <thead><tr><th scope="col">Filled (UTC)</th><th scope="col">Side</th><th scope="col" className="num">Price</th><th scope="col" className="num">Quantity</th><th scope="col" className="num">Fee</th><th scope="col" className="num">Profit</th><th scope="col" className="num">Portfolio</th></tr></thead>
            <tbody>
              {rows.map(({ open_time: at, side, price, quantity, fee, profit, portfolio_value: value }, i) => (
                <tr key={`${at} ${side} ${i}`}>
                  <th scope="row" className="nowrap"><button type="button" className="link" onClick={() => onShow(at)} aria-label={`Show the ${side === 'buy' ? 'purchase' : 'sale'} of ${formatInstant(at)} on the chart`}>{formatInstant(at)}</button></th>
                  <td className={side === 'buy' ? 'nowrap up' : 'nowrap down'}><span aria-hidden="true">{side === 'buy' ? '▲' : '▼'}</span> {side}</td>
                  <td className="num">{price.toFixed(decimals)}</td><td className="num">{Number(quantity.toPrecision(8))}</td><td className="num">{formatMoney(fee)}</td>
                  <td className="num">{profit === undefined ? '–' : <span className={profit >= 0 ? 'up' : 'down'}>{profit > 0 && '+'}{formatMoney(profit)}</span>}</td><td className="num">{formatMoney(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {trades.length > shown && <button type="button" onClick={() => setShown(shown + 4 * pageSize)}>Show {formatCount(Math.min(trades.length - shown, 4 * pageSize))} more</button>}
    </section>
  )
}

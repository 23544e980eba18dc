import { useEffect, useState } from 'react'
import type { Instrument, Instruments, Interval } from '@streamforge/contracts'
import { getJson } from '../../api.ts'
import { CandlePanel } from './candle-panel.tsx'
import { BookPanel } from './book-panel.tsx'
import { intervalMs } from './merge-candles.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { TapePanel } from './tape-panel.tsx'
import { WatchButton, useWatchlist } from './watch-button.tsx'
import { splitWatched } from './watched.ts'
import { Link, navigate } from '../../router.tsx'

/** A month is longer than all of them. */
const lengthOf = (interval: Interval) => intervalMs(interval) ?? Number.POSITIVE_INFINITY

interface Chosen { venue: string | undefined; symbol: string | undefined; interval: string | undefined }
/** New symbols appear when workflows begin to load them. */
const rereadMs = 5_000

export function MarketPage(chosen: Chosen) {
  const [instruments, setInstruments] = useState<Instrument[]>()
  const [error, setError] = useState<unknown>()
  const list = useWatchlist()
  useEffect(() => {
    const abort = new AbortController()
    const read = () => getJson<Instruments>('/api/instruments', abort.signal).then((answer) => {
      setInstruments(answer.instruments)
      setError(undefined)
    }, (e: unknown) => { if (!abort.signal.aborted) setError(e) })
    void read()
    const timer = setInterval(() => void read(), rereadMs)
    return () => {
      abort.abort()
      clearInterval(timer)
    }
  }, [])
  // Without the watchlist the page would open with one instrument and jump to another.
  const listKnown = list.ready || list.error !== undefined
  if (!instruments || !listKnown) return error ? <ProblemNote error={error} /> : <p className="muted">Reading …</p>
  const { watched, others } = splitWatched(instruments, list.watched)
  const instrument = instruments.find((i) => i.venue === chosen.venue && i.symbol === chosen.symbol) ?? watched[0] ?? instruments[0]
  if (!instrument) {
    return <><h1>Market</h1><p className="empty">Nothing is stored yet. <Link href="/workflows">Start a workflow</Link> and its market appears here.</p></>
  }
  const offered = [...instrument.intervals, ...instrument.derived_intervals]
  const interval = offered.find((i) => i === chosen.interval) ?? offered[0]
  const { venue, symbol } = instrument
  return (
    <>
      <div className="title-row">
        <h1 className="sr-only">Market</h1>
        <label htmlFor="symbol" className="sr-only">Symbol</label>
        <select id="symbol" className="symbol-select" value={`${venue}/${symbol}`} onChange={(e) => navigate(`/market/${e.target.value}`)}>
          {watched.length > 0 ? <><optgroup label="Watched">{watched.map(choice)}</optgroup><optgroup label="Others">{others.map(choice)}</optgroup></> : others.map(choice)}
        </select>
        <WatchButton instrument={instrument} list={list} />
        <Intervals instrument={instrument} chosen={interval} />
      </div>
      <div className="market">
        {interval
          ? <CandlePanel key={`${venue} ${symbol} ${interval}`} instrument={instrument} interval={interval} />
          : <section className="panel"><h2>Candles</h2><p className="empty">No candles or trades of {symbol} are stored. <Link href={`/workflows?symbol=${symbol}&type=api_candles_5m`}>Load some</Link></p></section>}
        <div className="market-side">
          <BookPanel key={`book ${venue} ${symbol}`} instrument={instrument} />
          <TapePanel key={`tape ${venue} ${symbol}`} instrument={instrument} />
        </div>
      </div>
    </>
  )
}

const choice = ({ venue, symbol }: Instrument) => <option key={`${venue}/${symbol}`} value={`${venue}/${symbol}`}>{symbol} · {venue}</option>

/** Stored intervals, and those that are made from the trades. */
function Intervals({ instrument, chosen }: { instrument: Instrument; chosen: Interval | undefined }) {
  const { venue, symbol, intervals, derived_intervals: derived } = instrument
  const isLive = (interval: Interval) => instrument.live_intervals.includes(interval) || (instrument.live_trades && derived.includes(interval))
  const shown = [...intervals, ...derived].sort((a, b) => lengthOf(a) - lengthOf(b))
  if (!shown.length) return null
  return (
    <div className="segments" role="group" aria-label="Interval">
      {shown.map((interval) => (
        <Link key={interval} href={`/market/${venue}/${symbol}/${interval}`} className={derived.includes(interval) ? 'derived' : undefined}
          title={derived.includes(interval) ? 'made from the trades' : 'stored candles'} aria-current={interval === chosen ? 'true' : undefined}>
          {interval}{isLive(interval) && <span className="live-dot" title="live"><span className="sr-only"> live</span></span>}
        </Link>
      ))}
    </div>
  )
}

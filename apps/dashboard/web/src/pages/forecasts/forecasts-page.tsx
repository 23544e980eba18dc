import { useEffect } from 'react'
import type { ForecastSeries, ForecastSeriesList } from '@streamforge/contracts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link, navigate } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'
import { ForecastPanel } from './forecast-panel.tsx'

/** New series appear when workflows come to their last stage. */
const rereadMs = 10_000

const address = ({ venue, symbol, interval }: ForecastSeries) => `/forecasts/${venue}/${symbol}/${interval}`

export function ForecastsPage({ chosen }: { chosen: { venue: string | undefined; symbol: string | undefined; interval: string | undefined } }) {
  const { data, error } = useReread<ForecastSeriesList>('/api/forecast-series', rereadMs)
  const series = data?.series
  const shown = series?.find((s) => s.venue === chosen.venue && s.symbol === chosen.symbol && s.interval === chosen.interval) ?? (chosen.symbol === undefined ? series?.[0] : undefined)
  const first = chosen.symbol === undefined && shown ? address(shown) : undefined
  useEffect(() => { if (first) navigate(first, { replace: true }) }, [first])
  return (
    <>
      <div className="title-row">
        <h1>Forecasts</h1>
        {series !== undefined && series.length > 0 && (
          <select className="series-select" aria-label="Symbol and interval" value={shown ? address(shown) : ''} onChange={(event) => navigate(event.target.value)}>
            {!shown && <option value="">choose …</option>}
            {series.map((s) => <option key={address(s)} value={address(s)}>{s.symbol} {s.interval} · {s.venue}{s.live ? ' · live' : ''}</option>)}
          </select>
        )}
      </div>
      <ProblemNote error={error} />
      {series === undefined && !error && <p className="muted">Reading …</p>}
      {series?.length === 0 && <p className="empty">Nothing is forecast yet. <Link href="/workflows">A workflow</Link> with the pipeline “train a forecasting network” ends with forecasts.</p>}
      {series !== undefined && series.length > 0 && !shown && <p className="empty">There are no forecasts of {chosen.symbol} {chosen.interval}.</p>}
      {shown && <ForecastPanel key={address(shown)} series={shown} />}
    </>
  )
}

import { useRef } from 'react'
import { useWidth } from '../../parts/use-width.ts'
import { daysLabel, formatScore, type Day, type SymbolDays } from './news-view.ts'

const height = 84
const foot = 16
const middle = (height - foot) / 2

/** A bar a day: up or down by the mean score, the broader the more was said. */
export function DailyBars({ of }: { of: SymbolDays }) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const most = Math.max(...of.days.map((day) => day.of?.articles ?? 0), 1)
  const room = width / of.days.length
  return (
    <div ref={holder} role="img" aria-label={daysLabel(of)} className="daily-bars">
      {width > 0 && (
        <svg width={width} height={height} aria-hidden="true">
          <line className="zero-line" x1={0} x2={width} y1={middle} y2={middle} />
          {of.days.map((day, i) => <DayBar key={day.date} day={day} x={i * room} room={room} most={most} />)}
          <text x={0} y={height - 3}>{of.days[0]?.date.slice(5)}</text><text x={width} y={height - 3} textAnchor="end">{of.days.at(-1)?.date.slice(5)}</text>
        </svg>
      )}
    </div>
  )
}

/** A score next to zero still shows as a line. */
const leastHeight = 2

function DayBar({ day: { date, of }, x, room, most }: { day: Day; x: number; room: number; most: number }) {
  if (!of) return null
  const long = Math.max(leastHeight, Math.abs(of.mean) * middle)
  const broad = Math.max(3, (room - 2) * Math.sqrt(of.articles / most))
  return (
    <rect className={of.mean > 0 ? 'bar-up' : of.mean < 0 ? 'bar-down' : 'bar-even'} x={x + (room - broad) / 2} y={of.mean > 0 ? middle - long : middle} width={broad} height={long} rx={1.5}>
      <title>{`${date}: ${formatScore(of.mean)}; ${of.positive} good, ${of.neutral} neither, ${of.negative} bad`}</title>
    </rect>
  )
}

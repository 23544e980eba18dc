import { useRef } from 'react'
import { formatFigure, niceTicks } from './nice-ticks.ts'
import { useWidth } from './use-width.ts'

export interface ChartLine {
  name: string
  /** Of the four that app.css has colours for. */
  tone: 1 | 2 | 3 | 4
  points: readonly (readonly [x: number, y: number])[]
}

const usualHeight = 200
const margin = { left: 52, right: 10, top: 10, bottom: 22 }

/** Lines over a common axis, with a legend; `label` says in words what they show. */
export function LineChart({ lines, label, xName, height = usualHeight }: { lines: readonly ChartLine[]; label: string; xName: string; height?: number }) {
  const holder = useRef<HTMLDivElement>(null)
  const width = useWidth(holder)
  const points = lines.flatMap((line) => line.points)
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right] = [Math.min(...xs), Math.max(...xs)]
  const [low, high] = padded(Math.min(...ys), Math.max(...ys))
  const toX = (x: number) => margin.left + ((x - left) / (right - left || 1)) * (width - margin.left - margin.right)
  const toY = (y: number) => height - margin.bottom - ((y - low) / (high - low)) * (height - margin.top - margin.bottom)
  return (
    <figure className="line-chart">
      <div ref={holder} role="img" aria-label={label}>
        {width > 0 && points.length > 0 && (
          <svg width={width} height={height} aria-hidden="true">
            {niceTicks(low, high, 4).map((y) => (
              <g key={y}><line className="grid-line" x1={margin.left} x2={width - margin.right} y1={toY(y)} y2={toY(y)} /><text x={margin.left - 6} y={toY(y) + 4} textAnchor="end">{formatFigure(y)}</text></g>
            ))}
            {niceTicks(left, right, Math.max(2, Math.floor(width / 110))).filter(Number.isInteger).map((x) => <text key={x} x={toX(x)} y={height - 6} textAnchor="middle">{x}</text>)}
            {lines.map(({ name, tone, points: own }) => (
              <g key={name} className={`tone-${tone}`}>
                <polyline points={own.map(([x, y]) => `${toX(x)},${toY(y)}`).join(' ')} />
                {own.length < 40 && own.map(([x, y]) => <circle key={x} cx={toX(x)} cy={toY(y)} r="2.5" />)}
              </g>
            ))}
          </svg>
        )}
      </div>
      <figcaption className="legend">
        {lines.map(({ name, tone }) => <span key={name}><i className={`swatch tone-ground-${tone}`} />{name}</span>)}<span className="push">{xName}</span>
      </figcaption>
    </figure>
  )
}

function padded(low: number, high: number): [number, number] {
  const more = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1
  return [low - more, high + more]
}

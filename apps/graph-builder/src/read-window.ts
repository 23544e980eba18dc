import { type BarGrid, StreamForgeError } from '@streamforge/contracts'
import { type AssetSeries, createAssetSeries } from '@streamforge/models'
import type { BarFacts, BarSource } from './bar-sources.ts'
import type { GraphWindow } from './graph-windows.ts'

export interface WindowQuery {
  symbols: readonly string[]
  grid: BarGrid
  window: GraphWindow
  maximumLag: number
  signal: AbortSignal
  /** Called after each symbol. */
  onRead?: (rows: number) => void
}

export interface WindowSeries {
  series: AssetSeries
  /** Bars read, of all symbols. */
  rows: number
  /** Symbols without a bar in the window. */
  empty: string[]
}

/**
 * Reads what was known by the end of the window: a bar known later, such as one corrected afterwards, is none.
 * @throws StreamForgeError NO_DATA when no symbol has bars, CONSTANT_SERIES when no symbol's price changes
 */
export async function readWindow(source: BarSource, { symbols, grid, window, maximumLag, signal, onRead }: WindowQuery): Promise<WindowSeries> {
  const place = new Map(grid.times(window).map((openTime, t) => [openTime, t]))
  const bars = place.size
  const series = createAssetSeries(symbols, bars, maximumLag)
  const columns = { returns: new Float64Array(bars), volatility: new Float64Array(bars), volume: new Float64Array(bars) }
  const empty: string[] = []
  let rows = 0
  for (const [asset, symbol] of symbols.entries()) {
    signal.throwIfAborted()
    for (const column of Object.values(columns)) column.fill(NaN)
    const before = rows
    for await (const bar of source(symbol, window)) {
      const t = place.get(bar.openTime)
      if (t === undefined || bar.knownTime > window.to) continue
      fillBar(columns, t, bar)
      rows++
    }
    if (rows === before) empty.push(symbol)
    for (const kind of ['returns', 'volatility', 'volume'] as const) series.set(kind, asset, columns[kind])
    onRead?.(rows)
  }
  requireMovement(series, { window, empty })
  return { series, rows, empty }
}

function fillBar(columns: Record<'returns' | 'volatility' | 'volume', Float64Array>, t: number, bar: BarFacts): void {
  columns.returns[t] = bar.return
  columns.volatility[t] = bar.volatility
  columns.volume[t] = bar.volume
}

function requireMovement(series: AssetSeries, { window, empty }: { window: GraphWindow; empty: readonly string[] }): void {
  const when = `${new Date(window.from).toISOString()} to ${new Date(window.to).toISOString()}`
  if (empty.length === series.symbols.length) {
    throw new StreamForgeError('NO_DATA', `none of the ${empty.length} symbols has bars from ${when} that were known by its end`, {
      remedy: 'choose a range in which they trade', details: { symbols: empty.slice(0, 20) },
    })
  }
  if (series.symbols.some((_, asset) => series.usable('returns', asset))) return
  throw new StreamForgeError('CONSTANT_SERIES', `no symbol has prices that change in at least half of the bars from ${when}`, {
    remedy: 'leave the symbols out, or choose another range', details: { symbols: series.symbols.slice(0, 20) },
  })
}

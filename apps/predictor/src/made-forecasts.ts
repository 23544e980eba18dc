import type { Forecast, ForecastScore } from '@streamforge/contracts'
import { keptBars } from './bar-windows.ts'

/** What is on the topic, so that no symbol and bar gets a second forecast, and each forecast its truth. */
export interface MadeForecasts {
  note(message: Forecast | ForecastScore): void
  hasForecast(symbol: string, openTime: number): boolean
  /** Forecasts of a symbol whose outcome is known at `time` and that have no score yet. */
  awaiting(symbol: string, time: number): Forecast[]
  /** Open time of the newest bar that was forecast. */
  newest(): number | undefined
  counts(): { forecasts: number; scores: number }
}

interface OfSymbol {
  forecasts: Set<number>
  scores: Set<number>
  /** By the time at which the outcome is known. */
  awaiting: Map<number, Forecast[]>
}

/** Bars of a symbol that are remembered; older ones are not asked for. */
const remembered = 4 * keptBars

export function createMadeForecasts(): MadeForecasts {
  const symbols = new Map<string, OfSymbol>()
  const counts = { forecasts: 0, scores: 0 }
  let newest: number | undefined
  const of = (symbol: string) => {
    const known = symbols.get(symbol) ?? { forecasts: new Set(), scores: new Set(), awaiting: new Map<number, Forecast[]>() }
    symbols.set(symbol, known)
    return known
  }
  return {
    note(message) {
      const own = of(message.symbol)
      const made = message.kind === 'forecast' ? own.forecasts : own.scores
      if (made.has(message.open_time)) return
      remember(made, message.open_time)
      if (message.kind === 'forecast_score') {
        counts.scores++
        forget(own.awaiting, message)
        return
      }
      counts.forecasts++
      newest = Math.max(newest ?? 0, message.open_time)
      own.awaiting.set(message.target_time, [...own.awaiting.get(message.target_time) ?? [], message])
      if (own.awaiting.size > remembered) own.awaiting.delete(oldest(own.awaiting))
    },
    hasForecast: (symbol, openTime) => of(symbol).forecasts.has(openTime),
    awaiting: (symbol, time) => (of(symbol).awaiting.get(time) ?? []).filter(({ open_time }) => !of(symbol).scores.has(open_time)),
    newest: () => newest,
    counts: () => ({ ...counts }),
  }
}

/** The bar that is the truth of a forecast ends when its outcome is known. */
function forget(awaiting: OfSymbol['awaiting'], { open_time, event_time }: ForecastScore): void {
  const others = awaiting.get(event_time)?.filter((forecast) => forecast.open_time !== open_time) ?? []
  if (others.length > 0) awaiting.set(event_time, others)
  else awaiting.delete(event_time)
}

function remember(set: Set<number>, value: number): void {
  set.add(value)
  if (set.size > remembered) set.delete(oldest(set))
}

/** Sets and maps keep the order in which things came. */
const oldest = (kept: { keys(): Iterator<number> }) => kept.keys().next().value as number

import type { FeatureRow } from '@streamforge/contracts'
import type { RowPlace } from './bar-forecasts.ts'

/** Remembers where rows stand on their topics, until their bars are over. */
export interface RowPlaces {
  note(row: Pick<FeatureRow, 'symbol' | 'open_time'>, place: RowPlace): void
  of(row: Pick<FeatureRow, 'symbol' | 'open_time'>): RowPlace | undefined
  /** Bars that opened before `openTime` are not asked for any more. */
  forgetBefore(openTime: number): void
}

export function createRowPlaces(): RowPlaces {
  const bars = new Map<number, Map<string, RowPlace>>()
  return {
    note({ symbol, open_time }, place) {
      const own = bars.get(open_time) ?? new Map<string, RowPlace>()
      bars.set(open_time, own)
      if (!own.has(symbol)) own.set(symbol, place)
    },
    of: ({ symbol, open_time }) => bars.get(open_time)?.get(symbol),
    forgetBefore(openTime) {
      for (const open of bars.keys()) if (open < openTime) bars.delete(open)
    },
  }
}

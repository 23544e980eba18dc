import { featureKey, type FeatureRow } from '@streamforge/contracts'
import type { RowPlace } from './bar-forecasts.ts'

/** Remembers where the newest rows stand on their topics. */
export interface RowPlaces {
  note(row: Pick<FeatureRow, 'symbol' | 'interval' | 'open_time'>, place: RowPlace): void
  of(row: Pick<FeatureRow, 'symbol' | 'interval' | 'open_time'>): RowPlace | undefined
}

export function createRowPlaces(remembered: number): RowPlaces {
  const places = new Map<string, RowPlace>()
  return {
    note(row, place) {
      const key = featureKey(row)
      if (places.has(key)) return
      places.set(key, place)
      if (places.size > remembered) places.delete(places.keys().next().value!)
    },
    of: (row) => places.get(featureKey(row)),
  }
}

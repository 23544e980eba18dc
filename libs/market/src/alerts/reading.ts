import type { AlertMeasure } from '@streamforge/contracts'

/** What a measure is now, for the labels that it has. */
export interface Reading {
  measure: AlertMeasure
  labels: Readonly<Record<string, string>>
  value: number
}

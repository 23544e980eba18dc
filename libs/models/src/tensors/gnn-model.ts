import type { Normaliser } from '../normaliser.ts'
import type { Gnn } from './gnn.ts'
import type { PredictionInterval } from './prediction-interval.ts'

/** A trained network with all that a forecast needs. Parameters are shared by all assets: it can forecast other assets than it was trained on. */
export interface GnnModel extends Gnn {
  normaliser: Normaliser
  /** Those that it was trained on. */
  symbols: readonly string[]
  /** Bars from a row to the end of what is forecast. */
  horizonBars: number
  interval: PredictionInterval
}

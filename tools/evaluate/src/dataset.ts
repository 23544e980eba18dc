import type { AssetRelations, Panel, TimeSplit } from '@streamforge/models'

/** What forecasters are compared on. */
export interface Dataset {
  name: string
  panel: Panel
  split: TimeSplit
  /** Bars of an input window. */
  window: number
  /** Of the training part only, where they are measured. */
  relations: AssetRelations
  /** Bars drawn together in the bootstrap. */
  blockBars: number
  /** One line: what it is, and what was left out. */
  description: string
}

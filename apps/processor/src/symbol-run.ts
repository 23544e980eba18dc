import type { OutgoingMessage } from '@streamforge/bus'
import { type FeatureRow, StreamForgeError, FeatureRow as FeatureRowSchema } from '@streamforge/contracts'
import { FeatureReducer, type FeatureInput, type FeatureOptions } from '@streamforge/market'
import type { SymbolSources } from './plan-sources.ts'
import type { StateKeeper } from './feature-states.ts'

const headers = { 'content-type': 'application/json', schema: 'data' } as const

export interface SymbolRunOptions {
  sources: SymbolSources
  features: FeatureOptions
  keeper: StateKeeper
  /** Resolves when all are durable on the stage's topic. */
  publish: (messages: OutgoingMessage[]) => Promise<void>
}

/**
 * One symbol on its way from records to rows. Rows are published after the state that made them is saved together with them: whatever
 * happens in between, no bar gets another row than its first.
 */
export class SymbolRun {
  readonly sources: SymbolSources
  readonly reducer: FeatureReducer
  /** Rows made so far, over all attempts; those that are not saved yet among them. */
  rows: number
  private fresh: FeatureRow[] = []
  /** Saved, and perhaps not on the topic yet. */
  private unpublished: FeatureRow[]
  private readonly options: SymbolRunOptions

  constructor(options: SymbolRunOptions) {
    this.options = options
    this.sources = options.sources
    this.reducer = new FeatureReducer(options.features, options.keeper.found?.state)
    this.rows = options.keeper.found?.rows ?? 0
    this.unpublished = options.keeper.found?.unpublished ?? []
  }

  /** Publishes what the attempt before may have left unpublished. */
  resume(): Promise<void> {
    return this.publish()
  }

  take(records: readonly FeatureInput[]): void {
    for (const record of records) {
      for (const row of this.reducer.step(record)) this.fresh.push(row)
    }
  }

  closeThrough(time: number): void {
    this.fresh.push(...this.reducer.closeThrough(time))
  }

  get unsaved(): number {
    return this.fresh.length
  }

  /** Saves, then publishes. One at a time. */
  async commit(): Promise<void> {
    const fresh = this.fresh
    this.fresh = []
    // What is made while this is on its way belongs to the next commit.
    const state = structuredClone(this.reducer.state)
    const unpublished = [...this.unpublished, ...fresh]
    try {
      await this.options.keeper.save({ state, rows: this.rows + fresh.length, unpublished })
    } catch (error) {
      this.fresh = [...fresh, ...this.fresh]
      throw error
    }
    this.rows += fresh.length
    this.unpublished = unpublished
    await this.publish()
  }

  private async publish(): Promise<void> {
    const rows = this.unpublished
    if (rows.length === 0) return
    // All rows of a symbol are made by the same code: the first tells whether they fit.
    const parsed = FeatureRowSchema.safeParse(rows[0])
    if (!parsed.success) throw new StreamForgeError('BAD_MESSAGE', `a feature row does not fit its contract: ${parsed.error.message}`, { cause: parsed.error })
    const { symbol, partition } = this.sources
    await this.options.publish(rows.map((row) => ({ key: symbol, value: JSON.stringify(row), headers, partition })))
    this.unpublished = []
  }
}

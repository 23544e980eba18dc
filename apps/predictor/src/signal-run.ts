import { type Bus, publishMessages } from '@streamforge/bus'
import { barGrid, catalog, type Signal } from '@streamforge/contracts'
import type { WorkerContext, WorkerProgress } from '@streamforge/service'
import type { Store } from '@streamforge/store'
import type { AgentModel } from './agent-model.ts'
import { type BarWindows, createBarWindows, timesUpTo } from './bar-windows.ts'
import { createCandleReader } from './candle-reader.ts'
import type { Champion } from './champion.ts'
import type { FollowedRun } from './follow-features.ts'
import { createRowPlaces } from './row-places.ts'
import type { SignalStage } from './signal-stage.ts'
import { type DecidedRow, openSymbolTrader, type SymbolTrader } from './symbol-trader.ts'

export interface SignalParts {
  worker: WorkerContext<unknown>
  bus: Bus
  store: Store
  stage: SignalStage
  champions: ReadonlyMap<string, Champion<AgentModel>>
  /** The last signal of each symbol that whoever came before has made. */
  made: ReadonlyMap<string, Signal>
  /** How many there are. */
  count: number
  notice: () => string
  onSignals?: (signals: readonly Signal[]) => void
}

function decidedRow(windows: BarWindows, symbol: string, openTime: number): DecidedRow | undefined {
  const row = windows.row(symbol, openTime)
  const values = windows.values(symbol, openTime)
  return row && values && { ...row, values }
}

/** One attempt at a stage of signals. */
export function openSignalRun({ worker, bus, store, stage, champions, made, count, notice, onSignals }: SignalParts): FollowedRun {
  const { symbols, interval, venue } = stage.spec
  const grid = barGrid(venue, interval)
  const windows = createBarWindows(symbols, grid, stage.featureSet)
  const candles = createCandleReader({ bus, store, inputs: stage.candles, signal: worker.signal })
  const newest = new Map(made)
  const openTraders = () => new Map(symbols.map((symbol): [string, SymbolTrader] => [symbol, openSymbolTrader(stage.rules, newest.get(symbol))]))
  let traders = openTraders()
  let signals = count
  const hasMade = (symbol: string, openTime: number) => openTime <= (newest.get(symbol)?.open_time ?? -Infinity)

  /** What a symbol decides on a bar; `waits` while its candle has not come, undefined where there is nothing to decide. */
  async function decide(symbol: string, openTime: number, backfilled: boolean): Promise<Signal | 'waits' | undefined> {
    const row = decidedRow(windows, symbol, openTime)
    if (!row || hasMade(symbol, openTime)) return undefined
    const candle = await candles.candle(symbol, openTime)
    if (candle === undefined) return 'waits'
    if (candle === 'missing') return undefined
    const model = champions.get(symbol)!.forBar()
    const before = timesUpTo(openTime, model.policy.windowBars, grid).slice(0, -1).flatMap((time) => decidedRow(windows, symbol, time) ?? [])
    return traders.get(symbol)!.decide(model, { row, candle }, before, { now: worker.now(), backfilled })
  }

  return {
    worker, bus, store, stage, windows, places: createRowPlaces(symbols), hasMade,
    follow: async () => { for (const champion of champions.values()) await champion.follow() },
    async advance(openTime, { backfilled }) {
      const decided: Signal[] = []
      let waits = false
      for (const symbol of symbols) {
        const signal = await decide(symbol, openTime, backfilled)
        if (signal === 'waits') waits = true
        else if (signal) decided.push(signal)
      }
      if (decided.length === 0) return !waits
      try {
        await publishMessages(bus, catalog.data, decided, { topic: worker.assignment.kafka_topic, partition: 0 })
      } catch (error) {
        // Their accounts are a bar ahead of what is on the topic: they go on from there.
        traders = openTraders()
        throw error
      }
      for (const signal of decided) newest.set(signal.symbol, signal)
      signals += decided.length
      onSignals?.(decided)
      return !waits
    },
    progress() {
      const values = [...newest.values()]
      const told: WorkerProgress = {
        records_written: signals, message: `${signals} signals of ${symbols.length} agents${notice()}`,
        metrics: { signals, invested: values.filter(({ account }) => account.position > 0).length, ...(values.length > 0 && { portfolio_value: values.reduce((sum, value) => sum + value.portfolio_value, 0) }) },
        ...(values.length > 0 && { checkpoint: [{ shard: 0, position: Math.max(...values.map(({ open_time }) => open_time)), records: signals, done: false }] }),
      }
      worker.progress(told)
      return told
    },
  }
}

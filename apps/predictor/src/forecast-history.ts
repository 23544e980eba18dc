import { setImmediate as nextTurn } from 'node:timers/promises'
import { type BarGrid, barGrid, nextOpenTime } from '@streamforge/contracts'
import { readFeaturesAsOf } from '@streamforge/market'
import { keptBars, timesUpTo } from './bar-windows.ts'
import type { ForecastRun } from './forecast-run.ts'
import { readTopic } from './read-topic.ts'

/** Bars that are read at a time. */
const readBars = 128

/**
 * Forecasts the stored bars that the network was not tuned on, one after another, the last of them for a bar that has not come. Goes on after the newest
 * bar that is on the topic.
 */
export async function forecastHistory(run: ForecastRun): Promise<void> {
  const { stage, worker: { signal }, made } = run
  const { venue, interval } = stage.spec
  const grid = barGrid(venue, interval)
  const start = made.newest() ?? stage.firstBar
  if (start >= stage.historyEnd) return
  await readPlaces(run, start)
  await readRows(run, { from: timesUpTo(start, keptBars, grid)[0]!, to: start })
  for (let bars = barsFrom(grid.atOrAfter(start), stage.historyEnd, grid); bars.length > 0;) {
    const from = bars[0]!
    const to = nextOpenTime(bars.at(-1)!, interval)
    await readRows(run, { from, to })
    for (const openTime of bars) {
      signal.throwIfAborted()
      await run.advance(openTime, { backfilled: true })
      run.progress()
      // Heartbeats and health need their turn.
      await nextTurn()
    }
    run.places.forgetBefore(to)
    bars = barsFrom(grid.next(bars.at(-1)!), stage.historyEnd, grid)
  }
}

function barsFrom(from: number, end: number, grid: BarGrid): number[] {
  const bars: number[] = []
  for (let open = from; open < end && bars.length < readBars; open = grid.next(open)) bars.push(open)
  return bars
}

async function readRows({ store, stage, windows, worker: { signal } }: ForecastRun, range: { from: number; to: number }): Promise<void> {
  const { symbols, interval } = stage.spec
  for await (const rows of readFeaturesAsOf(store, { collection: stage.features.collection_name, symbols, interval, ...range })) {
    signal.throwIfAborted()
    for (const row of rows) windows.put(row)
  }
}

/** Where the rows that will be forecast stand on the topic of the features, while it is there. */
async function readPlaces({ bus, stage, places, worker: { signal } }: ForecastRun, from: number): Promise<void> {
  await readTopic(bus, stage.features.kafka_topic, new Set(['feature'] as const), (message, place) => {
    if (message.kind === 'feature' && message.open_time >= from) places.note(message, place)
  }, signal)
}

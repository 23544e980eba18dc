import { barGrid, ceilToInterval, floorToInterval, MIN_EPOCH_MS, type Candle, type Gap, type Interval } from '@streamforge/contracts'
import { candlePages, readCandles, type CandlePage } from '@streamforge/market'
import { findCandleHoles, type Hole } from './find-holes.ts'
import { settlePage } from './settle-page.ts'
import { gapOf, type ShardRun } from './shard-run.ts'

/** Loads what is left of a candle shard, up to the last closed candle, and ends it with its markers. */
export async function loadCandleShard(run: ShardRun, interval: Interval): Promise<void> {
  const { state, client, assignment: { symbol } } = run
  const shardEnd = ceilToInterval(state.shard.to, interval)
  const closedBefore = run.venueNow()
  const end = Math.max(state.position, Math.min(shardEnd, floorToInterval(closedBefore, interval)))
  const request = { symbol, interval, from: state.position, to: end, source: run.source, closedBefore, ahead: run.ahead, log: run.log }
  for await (const page of candlePages(client, request)) {
    run.signal.throwIfAborted()
    await publishPage(run, interval, page, page.to < end)
  }
  const notClosed = { from: end, to: shardEnd, missing: barGrid(run.assignment.venue, interval).count({ from: end, to: shardEnd }) }
  if (notClosed.missing > 0) await run.publisher.records([], [gapOf(run, notClosed, 'unconfirmed')])
  await run.publisher.endOfStream({ records: state.records })
  state.position = shardEnd
  state.done = true
  run.onProgress()
}

async function publishPage(run: ShardRun, interval: Interval, page: CandlePage, more: boolean): Promise<void> {
  const { state, client, assignment: { symbol, venue } } = run
  const grid = barGrid(venue, interval)
  const settled = await settlePage<Candle>({
    records: page.candles, from: state.position, to: page.to, more,
    place: (candle) => candle.open_time,
    findHoles: (candles, from, to) => findCandleHoles(candles, grid, from, to),
    readAgain: async (from, to) => (await readCandles(client, { symbol, interval, from, to })).candles,
  })
  const gaps: Gap[] = []
  for (const hole of settled.gaps) gaps.push(gapOf(run, hole, await causeOf(run, interval, hole)))
  await run.publisher.records(settled.records, gaps)
  state.records += settled.records.length
  state.placesPassed += settled.records.length + sum(settled.gaps)
  state.position = settled.to
  run.onDuplicates(page.duplicates)
  run.onProgress()
}

/** A hole at the start of a shard, with no candle ever before it, lies before the instrument's listing. */
async function causeOf(run: ShardRun, interval: Interval, hole: Hole): Promise<'exchange' | 'not_listed'> {
  if (hole.from !== ceilToInterval(run.state.shard.from, interval)) return 'exchange'
  const first = await run.client.firstCandleTime({ symbol: run.assignment.symbol, interval, from: MIN_EPOCH_MS, to: hole.to })
  return first === undefined ? 'not_listed' : 'exchange'
}

const sum = (holes: readonly Hole[]) => holes.reduce((total, hole) => total + hole.missing, 0)

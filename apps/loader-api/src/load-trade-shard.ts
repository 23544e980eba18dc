import { StreamForgeError, type EpochMs, type Gap, type Trade } from '@streamforge/contracts'
import { locateTrades, readTrades, tradePages, type TradeIdRange, type TradePage } from '@streamforge/market'
import { findTradeHoles, type Hole } from './find-holes.ts'
import { settlePage } from './settle-page.ts'
import { gapOf, type ShardRun } from './shard-run.ts'

/** Loads what is left of a trade shard, whose ends the venue's ids prove, and ends it with its markers. */
export async function loadTradeShard(run: ShardRun): Promise<void> {
  const { state, client, assignment: { symbol } } = run
  const { shard } = state
  const closedBefore = run.venueNow()
  if (shard.to > closedBefore) throw endsInFuture(shard.to, closedBefore)
  const ids = await locateTrades(client, symbol, shard)
  if (ids) await loadIds(run, ids, closedBefore)
  await run.publisher.endOfStream({
    records: state.records, ...(ids ? { firstTradeId: ids.firstId, lastTradeId: ids.endId - 1 } : {}),
  })
  state.done = true
  run.onProgress()
}

async function loadIds(run: ShardRun, { firstId, endId }: TradeIdRange, closedBefore: EpochMs): Promise<void> {
  const { state, client, assignment: { symbol } } = run
  state.firstTradeId = firstId
  state.position = Math.max(state.position, firstId)
  state.places = endId - firstId
  state.placesPassed = state.position - firstId
  const gaps = tradeGaps(run, await timeBefore(run, firstId))
  const range = { from: gaps.previousTime(), to: state.shard.to }
  const request = { symbol, fromId: state.position, toId: endId, range, source: run.source, closedBefore, ahead: run.ahead, log: run.log }
  for await (const page of tradePages(client, request)) {
    run.signal.throwIfAborted()
    await publishPage(run, page, page.toId < endId, gaps)
  }
}

async function publishPage(run: ShardRun, page: TradePage, more: boolean, gaps: TradeGaps): Promise<void> {
  const { state, client, assignment: { symbol } } = run
  const settled = await settlePage<Trade>({
    records: page.trades, from: state.position, to: page.toId, more,
    place: (trade) => trade.trade_id,
    findHoles: findTradeHoles,
    readAgain: async (fromId, toId) => (await readTrades(client, { symbol, fromId, toId })).trades,
  })
  await run.publisher.records(settled.records, gaps.inTime(settled.records, settled.gaps))
  state.records += settled.records.length
  state.placesPassed += settled.to - state.position
  state.position = settled.to
  run.onDuplicates(page.duplicates)
  run.onProgress()
}

/** The time of the last trade before `position`, for a shard that goes on; of the shard's start otherwise. */
async function timeBefore({ state, client, assignment: { symbol } }: ShardRun, firstId: number): Promise<EpochMs> {
  if (state.position === firstId) return state.shard.from
  const { trades } = await client.tradePage({ symbol, fromId: state.position - 1, toId: state.position })
  return trades[0]?.event_time ?? state.shard.from
}

interface TradeGaps {
  previousTime(): EpochMs
  inTime(trades: readonly Trade[], holes: readonly Hole[]): Gap[]
}

/** Turns holes of ids into gaps in time: from the trade before to the trade after. */
function tradeGaps(run: ShardRun, start: EpochMs): TradeGaps {
  let previous = start
  let newest: Gap | undefined
  return {
    previousTime: () => previous,
    inTime(trades, holes) {
      const gaps: Gap[] = []
      let i = 0
      for (const hole of holes) {
        for (; i < trades.length && trades[i]!.trade_id < hole.from; i++) previous = trades[i]!.event_time
        const to = Math.max(trades[i]?.event_time ?? run.state.shard.to, previous + 1)
        // Two holes after the same instant share the gap's key: the later record then speaks for both.
        const missing = hole.missing + (newest?.from === previous ? newest.missing : 0)
        newest = gapOf(run, { from: previous, to, missing }, 'exchange')
        gaps.push(newest)
      }
      previous = trades.at(-1)?.event_time ?? previous
      return gaps
    },
  }
}

const endsInFuture = (to: EpochMs, now: EpochMs) => new StreamForgeError('BAD_TIME_RANGE',
  `the range of trades ends at ${new Date(to).toISOString()}, but at the venue it is ${new Date(now).toISOString()}`, {
    remedy: 'end the range at a time that has passed: trades still to come cannot be counted',
  })

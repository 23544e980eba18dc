import { barGrid, ceilToInterval, StreamForgeError, type Assignment, type Checkpoint, type ParsedDataType, type Shard } from '@streamforge/contracts'

/** How far one shard has come. `loadCandleShard` and `loadTradeShard` move it on, only after the bus has acknowledged. */
export interface ShardState {
  readonly shard: Shard
  /** Everything before is on the topic: next open time, or next trade id (0 while its ids are not known yet). */
  position: number
  /** Distinct records on the topic, over all attempts. */
  records: number
  firstTradeId: number | undefined
  done: boolean
  /** Places for a record in the shard (open times, or ids from first to last), and those before `position`; undefined while unknown. */
  places: number | undefined
  placesPassed: number
}

/**
 * The shards of an assignment, each where the attempt before left it; with `shardIndex` only that one (Indexed Jobs).
 * @throws StreamForgeError BAD_CONFIG
 */
export function resumeShards(assignment: Assignment, range: { from: number; to: number }, type: ParsedDataType, shardIndex?: number): ShardState[] {
  const shards = assignment.shards.length > 0 ? assignment.shards : [{ shard: 0, ...range }]
  const own = shardIndex === undefined ? shards : shards.filter((s) => s.shard === shardIndex)
  if (own.length === 0) {
    throw new StreamForgeError('BAD_CONFIG', `SHARD_INDEX is ${shardIndex}, but the assignment has ${shards.length} shards`, {
      remedy: 'give as many completions to the indexed job as there are shards',
    })
  }
  return own.map((shard) => resumeShard(shard, assignment, type))
}

function resumeShard(shard: Shard, { checkpoint, venue }: Assignment, type: ParsedDataType): ShardState {
  const saved = checkpoint.find((c) => c.shard === shard.shard)
  const state: ShardState = {
    shard, position: saved?.position ?? 0, records: saved?.records ?? 0, firstTradeId: saved?.first_trade_id, done: saved?.done ?? false,
    places: undefined, placesPassed: 0,
  }
  if (type.content === 'candles') {
    state.position = Math.max(state.position, ceilToInterval(shard.from, type.interval))
    const grid = barGrid(venue, type.interval)
    state.places = grid.count(shard)
    state.placesPassed = grid.count({ from: shard.from, to: state.position })
  }
  return state
}

/** What the next attempt needs. Shards that have not begun are left out; one without any trade ends where it began. */
export function checkpointOf(states: readonly ShardState[]): Checkpoint {
  return states.filter((s) => s.position > 0 || s.done).map((s) => ({
    shard: s.shard.shard, position: s.position, records: s.records, done: s.done,
    ...(s.firstTradeId === undefined ? {} : { first_trade_id: s.firstTradeId }),
  }))
}

/** How many records there will be at the end, as far as known: a place that was passed without a record is one missing at the venue. */
export function expectedRecords(states: readonly ShardState[]): number | undefined {
  let sum = 0
  for (const { done, records, places, placesPassed } of states) {
    if (done) sum += records
    else if (places === undefined) return undefined
    else sum += places - (placesPassed - records)
  }
  return sum
}

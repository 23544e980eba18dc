import { barGrid, StreamForgeError, type StreamMarker } from '@streamforge/contracts'
import { readStageSpec, type WorkerContext, type WorkerProgress, type WorkerResult } from '@streamforge/service'
import { featureStateCollection, openState } from './feature-states.ts'
import { followLive, type FollowWaits } from './follow-live.ts'
import { barRange, featuresBefore, planSources } from './plan-sources.ts'
import { catchUp, settle } from './process-stored.ts'
import { SymbolRun } from './symbol-run.ts'

export interface ProcessOptions extends FollowWaits {
  /** Milliseconds that a live bar waits for trades and quotes once its candle is there. */
  latenessMs: number
  /** Rows of history after which the state is saved and they are published; default 1000. */
  savedRows?: number
  onCounts?: (counts: { rows: number; late: number }) => void
}

/**
 * Makes the features of a stage: from what the store holds of its inputs, symbol by symbol; a live stage then follows their topics.
 * @throws StreamForgeError STAGE_INPUT_MISSING, NO_DATA, STORE_CONFLICT when another attempt has taken over; of the bus and the store
 */
export async function processQueue(worker: WorkerContext<unknown>, options: ProcessOptions): Promise<WorkerResult> {
  const { assignment, bus, signal, log } = worker
  const store = await worker.store()
  const spec = await readStageSpec(store, assignment.queue_id)
  const { partitions } = await bus.admin.describeTopic(assignment.kafka_topic)
  const plan = planSources(spec, partitions.length)
  const range = barRange(spec)
  await store.ensureCollection(featureStateCollection)
  const runs: SymbolRun[] = []
  for (const sources of plan) {
    const { symbol, trades, quotes } = sources
    const keeper = await openState(store, { queueId: spec.queue_id, symbol, attempt: assignment.attempt, before: featuresBefore(spec)?.queue_id })
    runs.push(new SymbolRun({
      sources, keeper, publish: async (messages) => void await bus.publish(assignment.kafka_topic, messages),
      features: { venue: spec.venue, symbol, interval: spec.interval, range, trades: trades !== undefined, quotes: quotes !== undefined, articles: true },
    }))
  }
  const tell = progressOf(worker, runs, options, range.to === Infinity ? undefined : runs.length * barGrid(spec.venue, spec.interval).count(range))
  log.info({ symbols: runs.length, live: spec.live, from: range.from }, 'making features')
  for (const run of runs) {
    await catchUp(run, { store, interval: spec.interval, range, signal, onPage: tell, ...(options.savedRows !== undefined && { savedRows: options.savedRows }) })
    if (!spec.live) await settle(run, range)
    tell()
  }
  if (spec.live) await followLive(runs, { ...options, worker, interval: spec.interval, onCommit: tell })
  else await publishMarkers(worker, runs, partitions.length)
  return tell()
}

/** What the stage has come to; also tells it. */
function progressOf({ progress }: WorkerContext<unknown>, runs: readonly SymbolRun[], { onCounts }: ProcessOptions, total: number | undefined) {
  const told = { rows: 0, late: 0 }
  return (): WorkerProgress => {
    const rows = sum(runs.map((run) => run.rows))
    const late = sum(runs.map((run) => run.reducer.late))
    onCounts?.({ rows: Math.max(0, rows - told.rows), late: Math.max(0, late - told.late) })
    Object.assign(told, { rows, late })
    const newest = Math.max(0, ...runs.map((run) => run.reducer.state.emitted))
    const made: WorkerProgress = {
      records_written: rows, message: `${rows} feature rows of ${runs.length} symbols${late > 0 ? `, ${late} records came too late for their bar` : ''}`,
      metrics: { late_records: late }, ...(total !== undefined && { records_total: total }),
      ...(newest > 0 && { checkpoint: [{ shard: 0, position: newest, records: rows, done: false }] }),
    }
    progress(made)
    return made
  }
}

/** Says in every partition that all rows are there, and how many. @throws StreamForgeError NO_DATA when a symbol has none */
async function publishMarkers({ assignment, bus }: WorkerContext<unknown>, runs: readonly SymbolRun[], partitions: number): Promise<void> {
  requireRows(runs)
  const { kafka_topic: topic, queue_id, attempt } = assignment
  await bus.publish(topic, Array.from({ length: partitions }, (_, partition) => {
    const records = sum(runs.filter(({ sources }) => sources.partition === partition).map((run) => run.rows))
    const marker: StreamMarker = { kind: 'end_of_stream', queue_id, attempt, shard: 0, shards: 1, partition, records }
    return { key: queue_id, value: JSON.stringify(marker), headers: { 'content-type': 'application/json', schema: 'data' }, partition }
  }))
}

function requireRows(runs: readonly SymbolRun[]): void {
  const empty = runs.filter((run) => run.rows === 0).map((run) => run.sources.symbol)
  if (empty.length === 0) return
  throw new StreamForgeError('NO_DATA', `no candles are stored in the range of ${empty.slice(0, 20).join(', ')}${empty.length > 20 ? ` and ${empty.length - 20} more` : ''}`, {
    remedy: 'leave these symbols out, or choose a range in which they trade', details: { symbols: empty.length },
  })
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

import type { Assignment, EventStatus, PingCommand, PongEvent, StreamForgeError, WorkerEvent } from '@streamforge/contracts'
import type { Logger } from 'pino'
import type { WorkerProgress, WorkerResult } from './context.ts'
import type { EventOutbox } from './event-outbox.ts'

/** Milliseconds: at most one loading event in `loading`; a heartbeat after `heartbeat` without any event. */
export interface Pace {
  loading: number
  heartbeat: number
}
export const defaultPace: Pace = { loading: 1000, heartbeat: 5000 }

export interface EventReporter {
  progress(progress: WorkerProgress): void
  finished(result: WorkerResult): void
  stopped(message: string): void
  failed(error: StreamForgeError): void
  /** The last totals once more, for whoever takes over after a termination. */
  terminated(message: string): void
  /** No further heartbeats and no coalesced progress. */
  close(): void
}

type Totals = Omit<WorkerProgress, 'certificate'>
type Details = Pick<WorkerEvent, 'error' | 'certificate' | 'result'>

/** Tells what becomes of an assignment; `started` is sent at once. */
export function createReporter(options: {
  outbox: EventOutbox
  assignment: Assignment
  now: () => number
  log: Logger
  pace?: Pace | undefined
}): EventReporter {
  const { outbox, assignment, now, log, pace = defaultPace } = options
  let totals: Totals = startingTotals(assignment)
  let untold: WorkerEvent['certificate']
  let changed = false
  let lastLoading = -Infinity
  let loadingTimer: NodeJS.Timeout | undefined
  let heartbeatTimer: NodeJS.Timeout | undefined
  let closed = false

  const send = (status: EventStatus, message: string, details?: Details) => {
    outbox.send(toEvent(assignment, { status, message, totals, details: { ...(untold && { certificate: untold }), ...details }, timestamp: now() / 1000 }))
    untold = undefined
    clearTimeout(heartbeatTimer)
    if (!closed) heartbeatTimer = setTimeout(() => trySend('heartbeat'), pace.heartbeat)
  }
  /** Progress must never end the work: what cannot be told is logged. */
  const trySend = (status: 'loading' | 'heartbeat') => {
    try {
      send(status, totals.message ?? `${totals.records_written} records written`)
    } catch (error) {
      log.error({ err: error }, 'progress could not be reported')
    }
  }
  const sendLoading = () => {
    clearTimeout(loadingTimer)
    loadingTimer = undefined
    lastLoading = performance.now()
    changed = false
    trySend('loading')
  }
  const close = () => {
    closed = true
    clearTimeout(loadingTimer)
    clearTimeout(heartbeatTimer)
  }
  const end = (status: EventStatus, message: string, details?: Details) => {
    close()
    send(status, message, details)
  }

  send('started', `attempt ${assignment.attempt} of ${assignment.target} started`)
  return {
    progress({ certificate, ...progress }) {
      if (closed) return
      untold = certificate ?? untold
      const first = totals.records_written === 0 && progress.records_written > 0
      totals = { ...totals, ...progress }
      changed = true
      // That records arrive is news, whenever it was that the last event said there are none.
      const wait = first ? 0 : pace.loading - (performance.now() - lastLoading)
      if (wait <= 0) sendLoading()
      else loadingTimer ??= setTimeout(() => changed && sendLoading(), wait)
    },
    finished({ certificate, result, ...progress }) {
      totals = { ...totals, ...progress }
      end('finished', progress.message ?? `finished with ${totals.records_written} records written`, { ...(certificate && { certificate }), ...(result && { result }) })
    },
    stopped: (message) => end('stopped', message),
    failed(error) {
      end('error', error.message, {
        error: { code: error.code, message: error.message, remedy: error.remedy, retryable: error.retryable },
      })
    },
    terminated: (message) => end('loading', message),
    close,
  }
}

export function pongOf(ping: PingCommand, from: { service: string; assignment?: Assignment | undefined }, now: number): PongEvent {
  const { service, assignment } = from
  return {
    status: 'pong', ping_id: ping.ping_id, producer: assignment?.telemetry_id ?? service, service,
    ...(assignment && { queue_id: assignment.queue_id }), message: `${service} is here`, timestamp: now / 1000,
  }
}

/** An attempt that goes on from a checkpoint starts from its counts. */
function startingTotals({ checkpoint: saved, shard_index }: Assignment): Totals {
  const checkpoint = saved.filter(({ shard }) => shard_index === undefined || shard === shard_index)
  if (checkpoint.length === 0) return { records_written: 0 }
  return { records_written: checkpoint.reduce((sum, { records }) => sum + records, 0), checkpoint }
}

function toEvent(assignment: Assignment, event: {
  status: EventStatus; message: string; totals: Totals; details: Details; timestamp: number
}): WorkerEvent {
  const { queue_id, workflow_id, telemetry_id, attempt, symbol, type, shard_index } = assignment
  const { message: _message, ...totals } = event.totals
  return {
    queue_id, workflow_id, producer: telemetry_id, attempt, symbol, type, ...(shard_index !== undefined && { shard: shard_index }),
    status: event.status, message: event.message, ...totals, ...event.details,
    finished: event.status === 'finished', timestamp: event.timestamp,
  }
}

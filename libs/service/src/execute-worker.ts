import { type Assignment, assignmentFromEnv, readTraceparent, type StreamForgeError, type Target, toStreamForgeError } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { abortableDelay } from './abortable-delay.ts'
import type { WorkerContext, WorkerResult } from './context.ts'
import { createReporter, defaultPace, type EventReporter, type Pace } from './event-reporter.ts'
import { exitCodes } from './exit-code.ts'
import { type ConfigOf, type ConfigShape, loadConfig } from './load-config.ts'
import { createLogger } from './logger.ts'
import { openService, type OpenService, type Runtime } from './open-service.ts'
import { describeStop, type StopCause } from './stop-cause.ts'
import { inTrace } from './tracing/active-trace.ts'
import type { Span, Tracing } from './tracing/tracing.ts'

export interface WorkerDefinition<Shape extends ConfigShape> {
  serviceName: string
  /** What the worker is where TARGET does not say otherwise. */
  target: Target
  shape: Shape
  work: (worker: WorkerContext<ConfigOf<Shape>>) => Promise<WorkerResult>
}

export interface WorkerRuntime extends Runtime {
  pace?: Pace
  /** Milliseconds that work may take to end after it was told to stop; default 20,000. */
  drainMs?: number
  /** Milliseconds that the last events may take to reach the bus; default 30,000. */
  flushMs?: number
}

export interface WorkerOutcome {
  exitCode: number
  ended: 'finished' | 'failed' | StopCause['kind']
  result?: WorkerResult
  error?: StreamForgeError
}

/** Runs one worker from its environment to its last event. It never rejects, and never ends the process. */
export async function executeWorker<Shape extends ConfigShape>(
  definition: WorkerDefinition<Shape>, runtime: WorkerRuntime,
): Promise<WorkerOutcome> {
  const { serviceName, target, shape } = definition
  let log = createLogger({ service: serviceName, level: 'info', stream: runtime.logStream, env: runtime.env })
  try {
    const config = loadConfig(shape, runtime.env)
    const assignment = assignmentFromEnv(runtime.env, target)
    log = createLogger({
      service: serviceName, level: config.LOG_LEVEL, stream: runtime.logStream, env: runtime.env,
      fields: { workflow_id: assignment.workflow_id, queue_id: assignment.queue_id, attempt: assignment.attempt, trace_id: readTraceparent(assignment.traceparent)?.traceId },
    })
    return await runAssignment(definition, runtime, { config, assignment, log })
  } catch (thrown) {
    const error = toStreamForgeError(thrown)
    log.fatal({ err: error, code: error.code, remedy: error.remedy }, 'the worker could not start')
    return { exitCode: exitCodeOf(error), ended: 'failed', error }
  }
}

async function runAssignment<Shape extends ConfigShape>(
  { serviceName, work }: WorkerDefinition<Shape>, runtime: WorkerRuntime,
  { config, assignment, log }: { config: ConfigOf<Shape>; assignment: Assignment; log: Logger },
): Promise<WorkerOutcome> {
  const service = await openService({ name: serviceName, config, log, runtime, assignment })
  const span = beginWork(service.context.tracing, serviceName, assignment)
  const pace = runtime.pace ?? { ...defaultPace, heartbeat: config.HEARTBEAT_MS }
  return inTrace(span.context, () => workAndReport(work, service, { ...runtime, pace }, { assignment, log, span }))
}

function beginWork(tracing: Tracing, serviceName: string, { traceparent, workflow_id, queue_id, target, attempt, symbol, type }: Assignment): Span {
  return tracing.begin(`work ${serviceName}`, {
    parent: readTraceparent(traceparent),
    attributes: { 'streamforge.workflow_id': workflow_id, 'streamforge.queue_id': queue_id, 'streamforge.target': target, 'streamforge.attempt': attempt, 'streamforge.symbol': symbol, 'streamforge.type': type },
  })
}

async function workAndReport<Config>(
  work: (worker: WorkerContext<Config>) => Promise<WorkerResult>, service: OpenService<Config>, runtime: WorkerRuntime,
  { assignment, log, span }: { assignment: Assignment; log: Logger; span: Span },
): Promise<WorkerOutcome> {
  const { outbox, context } = service
  const reporter = createReporter({ outbox, assignment, now: context.now, log, pace: runtime.pace })
  const worker: WorkerContext<Config> = { ...context, assignment, progress: reporter.progress }
  const ended = await settle(work, worker, runtime.drainMs ?? 20_000)
  const outcome = concludeWork(ended, service.stopped())
  report(outcome, service.stopped(), reporter, log)
  span.end(outcome.error)
  const { flushed } = await service.close(runtime.flushMs ?? 30_000)
  if (flushed || isSilent(outcome)) return outcome
  log.error('the last event could not be published')
  // Nobody has heard how it ended: whatever it was, another attempt has to say so.
  return { ...outcome, exitCode: outcome.exitCode === exitCodes.done ? exitCodes.retryable : outcome.exitCode }
}

type Settled = { result: WorkerResult } | { thrown: unknown } | 'still running'

/** Waits for the work; once it was told to stop, no longer than `drainMs`, and not at all after a crash. */
async function settle<Config>(
  work: (worker: WorkerContext<Config>) => Promise<WorkerResult>, worker: WorkerContext<Config>, drainMs: number,
): Promise<Settled> {
  const over = new AbortController()
  const working = (async (): Promise<Settled> => ({ result: await work(worker) }))().catch((thrown: unknown): Settled => ({ thrown }))
  const drained = new Promise<void>((resolve) => {
    const onAbort = () => {
      const { stop } = worker.signal.reason as { stop: StopCause }
      void abortableDelay(stop.kind === 'crashed' ? 0 : drainMs, over.signal).then(resolve)
    }
    if (worker.signal.aborted) onAbort()
    else worker.signal.addEventListener('abort', onAbort, { once: true })
  })
  const settled = await Promise.race([working, drained.then((): Settled => 'still running')])
  over.abort()
  return settled
}

/** A worker that was told to stop has stopped, whatever its work made of it; else its result or its error counts. */
function concludeWork(settled: Settled, stop: StopCause | undefined): WorkerOutcome {
  if (stop) {
    if (stop.kind === 'terminated') return { exitCode: exitCodes.terminated, ended: 'terminated' }
    if (stop.kind !== 'crashed') return { exitCode: exitCodes.done, ended: stop.kind }
    const error = toStreamForgeError(stop.error)
    return { exitCode: exitCodes.retryable, ended: 'crashed', error }
  }
  if (settled === 'still running') throw new Error('work can only be left running after a stop')
  if ('result' in settled) return { exitCode: exitCodes.done, ended: 'finished', result: settled.result }
  const error = toStreamForgeError(settled.thrown)
  return { exitCode: exitCodeOf(error), ended: 'failed', error }
}

function report(outcome: WorkerOutcome, stop: StopCause | undefined, reporter: EventReporter, log: Logger): void {
  if (isSilent(outcome)) reporter.close()
  else if (outcome.ended === 'stopped') reporter.stopped(describeStop(stop!))
  else if (outcome.ended === 'terminated') reporter.terminated(describeStop(stop!))
  else if (outcome.result) reporter.finished(outcome.result)
  else reporter.failed(outcome.error!)
  const facts = { ended: outcome.ended, exit_code: outcome.exitCode }
  if (outcome.error) log.error({ ...facts, err: outcome.error, code: outcome.error.code, remedy: outcome.error.remedy }, 'work failed')
  else log.info(facts, 'work ended')
}

/** What it has to say is of no interest any more: its job is another's, or given up. */
const isSilent = ({ ended }: WorkerOutcome) => ended === 'replaced' || ended === 'cancelled'

export function exitCodeOf(error: StreamForgeError): number {
  if (error.code === 'BAD_CONFIG') return exitCodes.badConfig
  return error.retryable ? exitCodes.retryable : exitCodes.final
}

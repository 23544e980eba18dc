import type { Bus } from '@streamforge/bus'
import { catalog, QueueEvent, StreamForgeError, traceparentHeader, writeTraceparent } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { abortableDelay } from './abortable-delay.ts'
import { activeTrace } from './tracing/active-trace.ts'

const { topic, key } = catalog['queue-events']
const headers = { 'content-type': 'application/json', schema: 'queue-events' }

interface WaitingEvent {
  event: QueueEvent
  headers: Readonly<Record<string, string>>
}

export interface EventOutbox {
  /** Queues an event behind those sent before; never waits and never fails for the bus. @throws StreamForgeError BAD_MESSAGE */
  send(event: QueueEvent): void
  /** Waits until all is published, at most `ms` milliseconds; resolves false when something is left. Ends the outbox. */
  flush(ms: number): Promise<boolean>
}

export interface OutboxOptions {
  bus: Bus
  log: Logger
  random: () => number
  ensureTopics: () => Promise<void>
  retry?: { initialMs: number; maxMs: number }
}

/** Publishes events one after another, each again until the bus has taken it. */
export function createOutbox(options: OutboxOptions): EventOutbox {
  const waiting: WaitingEvent[] = []
  const ending = new AbortController()
  let publishing: Promise<void> | undefined

  const publishAll = async () => {
    for (let failures = 0; waiting.length > 0 && !ending.signal.aborted;) {
      const batch = waiting.splice(0)
      try {
        await publish(options, batch)
        failures = 0
      } catch (error) {
        waiting.unshift(...batch)
        failures++
        options.log.warn({ err: error, events: waiting.length, failures }, 'events could not be published and are tried again')
        await abortableDelay(backoff(failures, options), ending.signal)
      }
    }
    publishing = undefined
  }

  return {
    send(event) {
      const checked = checkEvent(event)
      // While the bus is away, newer totals take the place of older ones, so that the outbox stays small.
      if (isProgress(checked) && waiting.length > 0 && isProgress(waiting.at(-1)!.event)) waiting.pop()
      waiting.push({ event: checked, headers: isProgress(checked) ? headers : inItsTrace() })
      publishing ??= publishAll()
    },
    async flush(ms) {
      const limit = abortableDelay(ms, ending.signal).then(() => false)
      const emptied = (async () => {
        while (publishing) await publishing
        return waiting.length === 0
      })()
      const complete = await Promise.race([emptied, limit])
      ending.abort()
      return complete
    },
  }
}

async function publish({ bus, ensureTopics }: OutboxOptions, events: readonly WaitingEvent[]): Promise<void> {
  const messages = events.map(({ event, headers }) => ({ key: key(event), value: JSON.stringify(event), headers }))
  try {
    await bus.publish(topic, messages)
  } catch (error) {
    if (!(error instanceof StreamForgeError) || error.code !== 'TOPIC_NOT_FOUND') throw error
    await ensureTopics()
    await bus.publish(topic, messages)
  }
}

/** What begins and ends work is followed in any case; its totals on the way may be left out of a trace. */
function inItsTrace(): Readonly<Record<string, string>> {
  const trace = activeTrace()
  return trace?.sampled ? { ...headers, [traceparentHeader]: writeTraceparent(trace) } : headers
}

function checkEvent(event: QueueEvent): QueueEvent {
  const parsed = QueueEvent.safeParse(event)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new StreamForgeError('BAD_MESSAGE', `an event '${event.status}' does not fit its schema: ${problems}`)
}

const isProgress = (event: QueueEvent) => event.status === 'loading' || event.status === 'heartbeat'

/** Exponential with full jitter, in milliseconds. */
function backoff(failures: number, { retry = { initialMs: 200, maxMs: 5000 }, random }: OutboxOptions): number {
  return random() * Math.min(retry.maxMs, retry.initialMs * 2 ** failures)
}

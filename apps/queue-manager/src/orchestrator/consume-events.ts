import { consumeMessages, type Bus, type Consumer } from '@streamforge/bus'
import { catalog, type WorkerEvent } from '@streamforge/contracts'
import type { QueueInput } from '../queue/queue-input.ts'
import type { OrchestratorMetrics } from './orchestrator-metrics.ts'
import type { ChangeQueue } from './queue-changer.ts'

export const eventsGroup = 'queue-manager'

/** Reads queue-events into the queues. Offsets are committed after the queues are saved: nothing is lost, and twice is harmless. */
export function consumeEvents(bus: Bus, change: ChangeQueue, metrics: OrchestratorMetrics, now: () => number): Promise<Consumer> {
  return consumeMessages(bus, catalog['queue-events'], { group: eventsGroup, from: 'earliest', alone: true, service: 'queue-manager' }, async (batch) => {
    const byQueue = new Map<string, QueueInput[]>()
    for (const { value: event } of batch.messages) {
      metrics.events.inc({ status: event.status })
      metrics.eventDelay.observe(Math.max(0, now() / 1000 - event.timestamp))
      if (event.status === 'pong') continue
      const inputs = byQueue.get(event.queue_id)
      if (inputs) inputs.push(eventInput(event))
      else byQueue.set(event.queue_id, [eventInput(event)])
    }
    await Promise.all([...byQueue].map(([queueId, inputs]) => change(queueId, inputs)))
    const last = batch.messages.at(-1)
    if (last) metrics.eventLag.set({ partition: batch.partition }, Number(batch.highWatermark - last.offset - 1n))
  })
}

const eventInput = (event: WorkerEvent): QueueInput => ({ kind: 'event', event })

/** Resolves when the group has read what was there, or the time is up, or the signal aborts. */
export async function caughtUp(bus: Bus, options: { timeoutMs: number; signal: AbortSignal; wait: (ms: number) => Promise<void> }): Promise<boolean> {
  const topic = catalog['queue-events'].topic
  for (let waited = 0; waited <= options.timeoutMs && !options.signal.aborted; waited += 50) {
    const lags = await bus.admin.lag(eventsGroup, topic).catch(() => undefined)
    if (lags?.every((p) => p.lag === 0n)) return true
    await options.wait(50)
  }
  return false
}

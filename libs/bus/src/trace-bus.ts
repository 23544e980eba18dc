import { traceparentHeader } from '@streamforge/contracts'
import type { Batch, BatchHandler, Bus, OutgoingMessage } from './bus.ts'

/** Who follows messages through the bus. The bus knows nothing of how. */
export interface BusTracer {
  /**
   * A publish begins. `parent` is the traceparent that its first message carries, if any. What comes back is the traceparent that its messages
   * shall carry, and hears how it ended; undefined: nobody follows this one.
   */
  publishing(publish: { topic: string; messages: number; parent: string | undefined }): { traceparent: string; end: (error?: unknown) => void } | undefined
  /** Carries out a handler as part of the traces that its batch's messages carry; there is at least one. */
  handling(batch: { topic: string; partition: number; group: string; messages: number; traceparents: readonly string[] }, handle: () => Promise<void>): Promise<void>
}

type Headers = OutgoingMessage['headers']

/**
 * The same bus, with traces in the headers of what goes through it. Tails are not followed: who looks works on nothing. A bus that is not
 * wrapped costs nothing.
 */
export function traceBus(bus: Bus, tracer: BusTracer): Bus {
  return {
    kind: bus.kind, admin: bus.admin,
    async publish(topic, messages) {
      const trace = messages.length === 0 ? undefined
        : tracer.publishing({ topic, messages: messages.length, parent: messages[0]!.headers?.[traceparentHeader] })
      if (!trace) return bus.publish(topic, messages)
      try {
        const placed = await bus.publish(topic, withTraceparent(messages, trace.traceparent))
        trace.end()
        return placed
      } catch (error) {
        trace.end(error)
        throw error
      }
    },
    consume: (options, handler) => bus.consume(options, traced(options.group, handler, tracer)),
    tail: (options, handler) => bus.tail(options, handler),
    close: () => bus.close(),
  }
}

function traced(group: string, handler: BatchHandler, tracer: BusTracer): BatchHandler {
  return (batch) => {
    const traceparents = traceparentsOf(batch)
    if (traceparents.length === 0) return handler(batch)
    const { topic, partition, messages } = batch
    return tracer.handling({ topic, partition, group, messages: messages.length, traceparents }, () => handler(batch))
  }
}

/** Messages that were published together share their headers: those stay one object, which adapters encode once. */
function withTraceparent(messages: readonly OutgoingMessage[], traceparent: string): OutgoingMessage[] {
  const known = new Map<Headers, NonNullable<Headers>>()
  return messages.map((message) => {
    let headers = known.get(message.headers)
    if (headers === undefined) known.set(message.headers, headers = { ...message.headers, [traceparentHeader]: traceparent })
    return { ...message, headers }
  })
}

/** Different ones, in their order. */
function traceparentsOf({ messages }: Batch): string[] {
  const found = new Set<string>()
  for (const { headers } of messages) {
    const traceparent = headers[traceparentHeader]
    if (traceparent !== undefined) found.add(traceparent)
  }
  return [...found]
}

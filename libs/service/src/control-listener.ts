import type { Bus, Consumer, IncomingMessage } from '@streamforge/bus'
import { catalog, ControlMessage } from '@streamforge/contracts'
import type { Logger } from 'pino'
import { abortableDelay } from './abortable-delay.ts'
import { type ControlDecision, decideControl, decideMissed, type Listener } from './decide-control.ts'

const topic = catalog['queue-control'].topic
/** How far back a worker looks for commands that came while it was starting. */
const lookBack = 500

export interface ControlListenerOptions {
  bus: Bus
  listener: Listener
  log: Logger
  /** Makes the fixed topics when the first use of the bus finds none. */
  ensureTopics: () => Promise<void>
  onDecision: (decision: Exclude<ControlDecision, { do: 'nothing' }>) => void
  retryMs?: number
}

/** Follows queue-control until closed, and comes back after a failure of the bus: a deaf worker could not be stopped. */
export function listenToControl(options: ControlListenerOptions): { listening: Promise<void>; close: () => Promise<void> } {
  const ending = new AbortController()
  const { promise: listening, resolve: hears } = Promise.withResolvers<void>()
  const ended = follow(options, ending.signal, hears)
  return {
    listening,
    close: async () => {
      ending.abort()
      await ended
    },
  }
}

async function follow(options: ControlListenerOptions, signal: AbortSignal, hears: () => void): Promise<void> {
  while (!signal.aborted) {
    let consumer: Consumer | undefined
    try {
      await options.ensureTopics()
      consumer = await options.bus.tail({ topics: [topic], from: 'latest' }, async (batch) => {
        for (const message of readCommands(batch.messages, options.log)) act(decideControl(message, options.listener), options)
      })
      await hearMissedCommands(options)
      hears()
      await Promise.race([consumer.done, aborted(signal)])
    } catch (error) {
      if (!signal.aborted) options.log.warn({ err: error }, 'the control listener lost the bus and tries again')
    }
    await consumer?.close().catch(() => undefined)
    await abortableDelay(options.retryMs ?? 1000, signal)
  }
}

/** Reads the end of the topic once more after the tail stands, so that nothing falls between the two. */
async function hearMissedCommands(options: ControlListenerOptions): Promise<void> {
  if (!options.listener.assignment) return
  const { partitions } = await options.bus.admin.describeTopic(topic)
  for (const { partition, earliest, latest } of partitions) {
    const offset = latest - BigInt(lookBack) > earliest ? latest - BigInt(lookBack) : earliest
    if (offset >= latest) continue
    const messages = await options.bus.admin.peek(topic, { partition, offset, limit: lookBack })
    act(decideMissed(readCommands(messages, options.log), options.listener), options)
  }
}

function act(decision: ControlDecision, options: ControlListenerOptions): void {
  if (decision.do !== 'nothing') options.onDecision(decision)
}

function readCommands(messages: readonly IncomingMessage[], log: Logger): ControlMessage[] {
  return messages.flatMap((message) => {
    try {
      return [ControlMessage.parse(JSON.parse(message.value.toString()))]
    } catch {
      log.warn({ topic, offset: String(message.offset) }, 'a control message is not readable and was skipped')
      return []
    }
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

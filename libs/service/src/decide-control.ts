import { type Assignment, type ControlMessage, type PingCommand, targetOf } from '@streamforge/contracts'
import type { StopCause } from './stop-cause.ts'

/** Who listens: a service, or a worker with an assignment. */
export interface Listener {
  service: string
  assignment?: Assignment | undefined
}

export type ControlDecision = { do: 'nothing' } | { do: 'answer'; ping: PingCommand } | { do: 'stop'; cause: StopCause }

const nothing: ControlDecision = { do: 'nothing' }

export function decideControl(message: ControlMessage, { service, assignment }: Listener): ControlDecision {
  switch (message.command) {
    case 'ping': return isPinged(message, { service, assignment }) ? { do: 'answer', ping: message } : nothing
    case 'stop': {
      if (message.queue_id !== assignment?.queue_id || (message.target ?? assignment.target) !== assignment.target) return nothing
      if (message.attempt === undefined) return { do: 'stop', cause: { kind: 'stopped', reason: message.reason ?? 'on demand' } }
      return message.attempt >= assignment.attempt ? { do: 'stop', cause: { kind: 'cancelled' } } : nothing
    }
    case 'start': {
      const replaced = assignment && isSameJob(message, assignment) && message.attempt > assignment.attempt
      return replaced ? { do: 'stop', cause: { kind: 'replaced', attempt: message.attempt } } : nothing
    }
    default: return message satisfies never
  }
}

/**
 * What a worker would have heard had it listened from its launch on: a stop that came after its own start, its cancelling, or a start of a
 * later attempt. `history` is in the topic's order. Pings are too late to answer.
 */
export function decideMissed(history: readonly ControlMessage[], listener: Listener): ControlDecision {
  const { assignment } = listener
  if (!assignment) return nothing
  const ownStart = history.findLastIndex((message) =>
    message.command === 'start' && isSameJob(message, assignment) && message.attempt === assignment.attempt)
  const missed = history.filter((message, index) => namesAttempt(message) || (ownStart >= 0 && index > ownStart))
  const stops = missed.map((message) => decideControl(message, listener)).filter((decision) => decision.do === 'stop')
  return stops.find((decision) => decision.cause.kind !== 'stopped') ?? stops[0] ?? nothing
}

/** Then it does not matter whether it came before this worker's own start. */
const namesAttempt = (message: ControlMessage) => message.command === 'start' || (message.command === 'stop' && message.attempt !== undefined)

function isPinged(ping: PingCommand, { service, assignment }: Listener): boolean {
  if (ping.queue_id !== undefined && ping.queue_id !== assignment?.queue_id) return false
  if (ping.target === undefined) return true
  const names = assignment ? [service, assignment.telemetry_id, assignment.target, targetOf(assignment.telemetry_id)] : [service]
  return names.includes(ping.target)
}

function isSameJob(start: Assignment, assignment: Assignment): boolean {
  return start.queue_id === assignment.queue_id && start.target === assignment.target
}

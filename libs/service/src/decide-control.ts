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
      const mine = message.queue_id === assignment?.queue_id && (message.target ?? assignment.target) === assignment.target
      return mine ? { do: 'stop', cause: { kind: 'stopped', reason: message.reason ?? 'on demand' } } : nothing
    }
    case 'start': {
      const replaced = assignment && isSameJob(message, assignment) && message.attempt > assignment.attempt
      return replaced ? { do: 'stop', cause: { kind: 'replaced', attempt: message.attempt } } : nothing
    }
    default: return message satisfies never
  }
}

/**
 * What a worker would have heard had it listened from its launch on: a stop that came after its own start, or a start of a
 * later attempt. `history` is in the topic's order. Pings are too late to answer.
 */
export function decideMissed(history: readonly ControlMessage[], listener: Listener): ControlDecision {
  const { assignment } = listener
  if (!assignment) return nothing
  const ownStart = history.findLastIndex((message) =>
    message.command === 'start' && isSameJob(message, assignment) && message.attempt === assignment.attempt)
  const missed = history.filter((message, index) => message.command === 'start' || (ownStart >= 0 && index > ownStart))
  const stops = missed.map((message) => decideControl(message, listener)).filter((decision) => decision.do === 'stop')
  return stops.find((decision) => decision.cause.kind === 'replaced') ?? stops[0] ?? nothing
}

function isPinged(ping: PingCommand, { service, assignment }: Listener): boolean {
  if (ping.queue_id !== undefined && ping.queue_id !== assignment?.queue_id) return false
  if (ping.target === undefined) return true
  const names = assignment ? [service, assignment.telemetry_id, assignment.target, targetOf(assignment.telemetry_id)] : [service]
  return names.includes(ping.target)
}

function isSameJob(start: Assignment, assignment: Assignment): boolean {
  return start.queue_id === assignment.queue_id && start.target === assignment.target
}

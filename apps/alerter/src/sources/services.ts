import { publishMessages, type Bus } from '@streamforge/bus'
import { catalog, type QueueEvent } from '@streamforge/contracts'
import { watchWorkers, type Reading } from '@streamforge/market'
import { followTopic, type FollowedTopic } from './follow-topic.ts'
import type { Source } from './source.ts'

export interface ServicesOptions {
  bus: Bus
  /** Names of services that must answer. */
  watched: readonly string[]
  isRunning: (queueId: string) => boolean
  now: () => number
}

/** After the start a service has so long to answer for the first time. */
const firstAnswerMs = 60_000
const lookBack = 2_000

/** Workers by their events, long-running services by their answers to pings. */
export function followServices({ bus, watched, isRunning, now }: ServicesOptions): Source {
  const workers = watchWorkers()
  const startedAt = now()
  const answers = new Map<string, number>()
  let topic: FollowedTopic | undefined
  const take = (event: QueueEvent, at: number) => {
    if (event.status === 'pong') answers.set(event.service, Math.max(at, answers.get(event.service) ?? 0))
    else workers.take(event, at)
  }
  return {
    everyMs: 15_000,
    async refresh(at) {
      if (!topic || topic.failed) {
        await topic?.close()
        topic = await followTopic(bus, catalog['queue-events'], { topic: catalog['queue-events'].topic, lookBack }, ({ value, at: heardAt }) => take(value, heardAt))
      }
      if (watched.length) {
        await publishMessages(bus, catalog['queue-control'], watched.map((target) => ({
          command: 'ping' as const, ping_id: `alerter-${at}`, target, timestamp: at / 1000,
        })))
      }
    },
    readings: (at) => [...workers.readings(at, isRunning), ...watched.flatMap((target) => silenceOf(target, answers.get(target), at, startedAt))],
    close: async () => { await topic?.close() },
  }
}

/** An answer that is older than this process says when the service was last there; before the first, nothing is said for a while. */
function silenceOf(target: string, answeredAt: number | undefined, now: number, startedAt: number): Reading[] {
  const fresh = answeredAt !== undefined && answeredAt >= startedAt
  if (!fresh && now - startedAt < firstAnswerMs) return []
  return [{ measure: 'streamforge_service_silence_seconds', labels: { target }, value: Math.max(0, now - (answeredAt ?? startedAt)) / 1000 }]
}

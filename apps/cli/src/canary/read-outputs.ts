import type { Bus, IncomingMessage } from '@streamforge/bus'
import { DataMessage, recordKey } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Output } from './compare-outputs.ts'
import type { Shadow } from './plan-shadow.ts'

const pageMessages = 5_000
/** When something was made, and where it lay: no two runs agree on that. */
const volatile = new Set(['known_time', 'inputs', '_rev', '_id'])

export interface Outputs {
  current: Map<string, Output>
  shadow: Map<string, Output>
}

/**
 * What both versions have made. Of a queue that goes on, only what lies in the event times that both have passed.
 * @throws StreamForgeError TOPIC_NOT_FOUND when the current version's topic is not there any more
 */
export async function readOutputs({ bus, store }: { bus: Bus; store: Store }, { outputs }: Shadow, goesOn: boolean): Promise<Outputs> {
  const read = outputs.kind === 'topic' ? (name: string) => fromTopic(bus, name) : (name: string) => fromCollection(store, name)
  const current = await read(outputs.current)
  const shadow = await read(outputs.shadow)
  return goesOn ? common(current, shadow) : { current, shadow }
}

async function fromTopic(bus: Bus, topic: string): Promise<Map<string, Output>> {
  const made = new Map<string, Output>()
  for (const { partition, earliest, latest } of (await bus.admin.describeTopic(topic)).partitions) {
    for (let offset = earliest; offset < latest;) {
      const page = await bus.admin.peek(topic, { partition, offset, limit: pageMessages })
      if (page.length === 0) break
      for (const message of page) take(message, made)
      offset = page.at(-1)!.offset + 1n
    }
  }
  return made
}

/** Of what was sent twice, after a crash, the last counts. */
function take(message: IncomingMessage, made: Map<string, Output>): void {
  const value = DataMessage.parse(JSON.parse(message.value.toString()))
  if (value.kind === 'gap' || value.kind === 'end_of_stream') return
  const live = 'backfilled' in value && !value.backfilled
  made.set(recordKey(value), { record: stable(value), ...(live && 'event_time' in value && { latency: message.timestamp - value.event_time }) })
}

async function fromCollection(store: Store, collection: string): Promise<Map<string, Output>> {
  const made = new Map<string, Output>()
  for await (const page of store.scan(collection)) for (const document of page) made.set(document._key, { record: stable(document) })
  return made
}

const stable = (record: object): Record<string, unknown> => Object.fromEntries(Object.entries(record).filter(([name]) => !volatile.has(name)))

/** What both have passed; a record without an event time belongs to it. */
export function common(current: Map<string, Output>, shadow: Map<string, Output>): Outputs {
  const times = [current, shadow].map((made) => [...made.values()].flatMap(({ record: { event_time: time } }) => (typeof time === 'number' ? [time] : [])))
  const from = Math.max(...times.map((of) => of.reduce((least, time) => Math.min(least, time), Infinity)))
  const to = Math.min(...times.map((of) => of.reduce((most, time) => Math.max(most, time), -Infinity)))
  const within = ({ record: { event_time: time } }: Output) => typeof time !== 'number' || (time >= from && time <= to)
  const keep = (made: Map<string, Output>) => new Map([...made].filter(([, output]) => within(output)))
  return { current: keep(current), shadow: keep(shadow) }
}

import { StoredAlertGroup, toStreamForgeError, type StoredAlert, type StreamForgeError } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import type { AlertBook } from '../state/alert-book.ts'
import type { AlerterMetrics } from '../metrics.ts'
import type { Channel } from './channel.ts'
import { planNotice, type NoticeRules } from './plan-notice.ts'

export interface DeliveryParts {
  store: Store
  book: Pick<AlertBook, 'firing' | 'find'>
  channels: readonly Channel[]
  rules: Omit<NoticeRules, 'channels'>
  /** Whether people may be told of it now. */
  mayTell: (alert: StoredAlert, now: number) => boolean
  now: () => number
  random: () => number
  log: Logger
  metrics: Pick<AlerterMetrics, 'deliveries' | 'showPending'>
}

export interface Delivery {
  /** Plans what is to be told, and tells what is due. Not to be called twice at once. */
  tick(): Promise<void>
}

export const groupsCollection = 'alert_groups'
const firstRetryMs = 1_000
const longestRetryMs = 5 * 60_000
/** Older notices are given up: nobody needs to hear of last week's. */
const giveUpMs = 24 * 60 * 60_000

type Outgoing = StoredAlertGroup['outbox'][number]

/**
 * Tells people of alerts. What is to be told is in the group's document, in the same write as that they know of it, and leaves it when a channel
 * has taken it: a restart neither forgets nor repeats, except a notice whose acceptance could not be written any more.
 */
export async function openDelivery(parts: DeliveryParts): Promise<Delivery> {
  const { store, channels } = parts
  await store.ensureCollection(groupsCollection)
  const groups = new Map((await store.find(groupsCollection, { limit: 1_000 })).map((found) => [found._key, StoredAlertGroup.parse(found)]))
  const save = async (group: StoredAlertGroup) => {
    const saved = await store.compareAndSet(groupsCollection, group, group.version - 1)
    // Somebody else delivers too, as in the seconds in which a deployment is replaced: the newer state is taken, and planned on later.
    groups.set(group._key, saved ? group : StoredAlertGroup.parse(await store.get(groupsCollection, group._key)))
    return saved
  }
  const plan = async (id: string) => {
    const group = groups.get(id) ?? { _key: id, version: 0, sequence: 0, told: [], outbox: [] }
    const now = parts.now()
    const firing = parts.book.firing().filter(({ alert }) => alert === id)
    const going = new Set(firing.map(({ _key }) => _key))
    const ended = (await Promise.all(group.told.filter((key) => !going.has(key)).map((key) => parts.book.find(key)))).filter((alert) => alert !== undefined)
    const planned = planNotice(
      group, { firing: firing.filter((alert) => parts.mayTell(alert, now)), ended }, { ...parts.rules, channels: channels.map(({ name }) => name) }, now,
    )
    if (planned) await save(planned)
  }
  return {
    async tick() {
      for (const id of new Set([...groups.keys(), ...parts.book.firing().map(({ alert }) => alert)])) await plan(id)
      const results = await Promise.all(channels.map((channel) => sendDue(parts, channel, [...groups.values()])))
      for (const group of [...groups.values()]) {
        const changed = settle(group, results.flat(), channels)
        if (changed) await save(changed)
      }
      parts.metrics.showPending(Object.fromEntries(channels.map(({ name }) => [name, waiting(groups.values(), name).length])))
    },
  }
}

interface Sent { item: Outgoing; next: Outgoing | undefined }

const waiting = (groups: Iterable<StoredAlertGroup>, channel: string) => [...groups].flatMap(({ outbox }) => outbox.filter((item) => item.channel === channel))

/** One after another, oldest first; after a failure the others of the channel wait for the next tick. */
async function sendDue(parts: DeliveryParts, channel: Channel, groups: readonly StoredAlertGroup[]): Promise<Sent[]> {
  const now = parts.now()
  const due = waiting(groups, channel.name).filter(({ next_at }) => next_at <= now).toSorted((a, b) => a.notice.at - b.notice.at)
  const sent: Sent[] = []
  for (const item of due) {
    const error = await channel.deliver(item.notice).then(() => undefined, (thrown: unknown) => toStreamForgeError(thrown, 'DELIVERY_FAILED'))
    sent.push({ item, next: error && afterFailure(parts, item, error) })
    parts.metrics.deliveries.inc({ channel: channel.name, result: error ? 'failed' : 'delivered' })
    if (error) break
    parts.log.info({ channel: channel.name, notice: item.notice.id, attempts: item.attempts + 1 }, 'people were told')
  }
  return sent
}

function afterFailure({ now, random, log }: DeliveryParts, item: Outgoing, error: StreamForgeError): Outgoing | undefined {
  const attempts = item.attempts + 1
  const facts = { channel: item.channel, notice: item.notice.id, attempts, code: error.code, reason: error.message, remedy: error.remedy }
  if (now() - item.notice.at > giveUpMs) {
    log.error(facts, 'a notice could not be delivered for a day, and was given up')
    return undefined
  }
  log.warn(facts, 'a notice could not be delivered and is tried again')
  return { ...item, attempts, next_at: Math.ceil(now() + retryMs(attempts, error, random)) }
}

/** As long as the other side asks for, else exponential with jitter over its upper half. */
function retryMs(attempts: number, { code, details }: StreamForgeError, random: () => number): number {
  if (typeof details.retry_after_ms === 'number') return Math.min(details.retry_after_ms, 3_600_000)
  const most = code === 'DELIVERY_REFUSED' ? longestRetryMs : Math.min(longestRetryMs, firstRetryMs * 2 ** (attempts - 1))
  return most * (0.5 + random() / 2)
}

/** The group after what was sent; and without what is for channels that are no longer there. */
function settle(group: StoredAlertGroup, sent: readonly Sent[], channels: readonly Channel[]): StoredAlertGroup | undefined {
  const outbox = group.outbox.flatMap((item) => {
    if (!channels.some(({ name }) => name === item.channel)) return []
    const result = sent.find((each) => each.item === item)
    if (!result) return [item]
    return result.next ? [result.next] : []
  })
  const same = outbox.length === group.outbox.length && outbox.every((item, i) => item === group.outbox[i])
  return same ? undefined : { ...group, version: group.version + 1, outbox }
}

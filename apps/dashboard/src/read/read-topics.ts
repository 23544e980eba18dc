import { isUtf8 } from 'node:buffer'
import type { Bus, IncomingMessage, TopicInfo } from '@streamforge/bus'
import { StreamForgeError, type PeekAnswer, type PeekedMessage, type TopicDetail, type TopicList, type TopicSummary } from '@streamforge/contracts'
import type { PeekQuery } from '@streamforge/contracts'
import type { z } from 'zod'

/** So much of a message is shown. */
const shownBytes = 16_384

/** All topics with how far behind each group is. A topic that goes away meanwhile is left out. */
export async function listTopics(bus: Bus): Promise<TopicList> {
  const [names, groups] = await Promise.all([bus.admin.listTopics(), bus.admin.listGroups()])
  const topics: TopicSummary[] = []
  for (const name of names) {
    const topic = await unlessGone(bus.admin.describeTopic(name))
    if (!topic) continue
    const lags = await Promise.all(groups.map(async ({ group, members }) => ({ group, members, lags: (await unlessGone(bus.admin.lag(group, name))) ?? [] })))
    topics.push({
      name, partitions: topic.partitions.length, messages: topic.partitions.reduce((sum, p) => sum + Number(p.latest - p.earliest), 0),
      ...(topic.retentionMs !== undefined && { retention_ms: topic.retentionMs }),
      groups: lags.filter((l) => l.lags.some((lag) => lag.committed !== undefined))
        .map((l) => ({ group: l.group, members: l.members, lag: String(l.lags.reduce((sum, lag) => sum + lag.lag, 0n)) })),
    })
  }
  return { topics }
}

/** @throws StreamForgeError TOPIC_NOT_FOUND */
export async function describeTopic(bus: Bus, name: string): Promise<TopicDetail> {
  const topic = await bus.admin.describeTopic(name)
  const lags: TopicDetail['lags'] = []
  for (const { group, members } of await bus.admin.listGroups()) {
    for (const { partition, committed, latest, lag } of await bus.admin.lag(group, name)) {
      if (committed !== undefined) lags.push({ group, members, partition, committed: String(committed), latest: String(latest), lag: String(lag) })
    }
  }
  return {
    name, ...(topic.retentionMs !== undefined && { retention_ms: topic.retentionMs }), lags,
    partitions: topic.partitions.map((p) => ({ partition: p.partition, earliest: String(p.earliest), latest: String(p.latest) })),
  }
}

/** Messages from an offset on, or the newest. @throws StreamForgeError TOPIC_NOT_FOUND, NOT_FOUND for a partition that is not there */
export async function peekTopic(bus: Bus, name: string, query: z.infer<typeof PeekQuery>): Promise<PeekAnswer> {
  const { partition, limit } = query
  const offset = startOf(await bus.admin.describeTopic(name), query)
  const messages = await bus.admin.peek(name, { partition, offset, limit })
  return { messages: messages.map(readable) }
}

function startOf(topic: TopicInfo, { partition, offset, limit }: z.infer<typeof PeekQuery>): bigint {
  const found = topic.partitions.find((p) => p.partition === partition)
  if (!found) {
    throw new StreamForgeError('NOT_FOUND', `topic '${topic.name}' has no partition ${partition}`, { remedy: `it has ${topic.partitions.length}, counted from 0` })
  }
  const wanted = offset === undefined ? found.latest - BigInt(limit) : BigInt(offset)
  return wanted < found.earliest ? found.earliest : wanted > found.latest ? found.latest : wanted
}

export function readable(message: IncomingMessage): PeekedMessage {
  const { partition, offset, timestamp, key, headers } = message
  const encoding = isUtf8(message.value) ? 'utf8' : 'base64'
  const truncated = message.value.length > shownBytes
  return {
    partition, offset: String(offset), timestamp, headers: { ...headers }, encoding, truncated,
    key: key?.toString() ?? null, value: (truncated ? message.value.subarray(0, shownBytes) : message.value).toString(encoding),
  }
}

async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof StreamForgeError && error.code === 'TOPIC_NOT_FOUND') return undefined
    throw error
  }
}

import type { IncomingMessage, TopicInfo } from '@streamforge/bus'
import { withBus, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { count } from '../render/format.ts'
import { renderTable } from '../render/table.ts'

interface TopicOptions extends ConnectionOptions {
  json?: boolean
}

const messagesIn = (topic: TopicInfo) => topic.partitions.reduce((sum, p) => sum + Number(p.latest - p.earliest), 0)

export function listTopics(options: TopicOptions): Promise<number> {
  return withBus(options, async (bus) => {
    const topics = await Promise.all((await bus.admin.listTopics()).map((name) => bus.admin.describeTopic(name)))
    if (options.json) printJson(topics)
    else if (!topics.length) print('no topics yet')
    else print(renderTable(topics, [
      { title: 'topic', value: (t) => t.name },
      { title: 'partitions', value: (t) => String(t.partitions.length), align: 'right' },
      { title: 'messages', value: (t) => count(messagesIn(t)), align: 'right' },
      { title: 'kept', value: (t) => (t.retentionMs === undefined ? 'until deleted' : `${Math.round(t.retentionMs / 3_600_000)} h`) },
    ]))
    return 0
  })
}

export function describeTopic(name: string, options: TopicOptions): Promise<number> {
  return withBus(options, async (bus) => {
    const topic = await bus.admin.describeTopic(name)
    const lags = []
    for (const { group, members } of await bus.admin.listGroups()) {
      for (const lag of await bus.admin.lag(group, name)) if (lag.committed !== undefined) lags.push({ group, members, ...lag })
    }
    if (options.json) {
      printJson({ ...topic, groups: lags })
      return 0
    }
    print(renderTable(topic.partitions, [
      { title: 'partition', value: (p) => String(p.partition), align: 'right' },
      { title: 'earliest', value: (p) => String(p.earliest), align: 'right' },
      { title: 'latest', value: (p) => String(p.latest), align: 'right' },
    ]))
    if (lags.length) print(`\n${renderTable(lags, [
      { title: 'group', value: (l) => l.group },
      { title: 'members', value: (l) => String(l.members), align: 'right' },
      { title: 'partition', value: (l) => String(l.partition), align: 'right' },
      { title: 'committed', value: (l) => String(l.committed), align: 'right' },
      { title: 'lag', value: (l) => String(l.lag), align: 'right' },
    ])}`)
    return 0
  })
}

export function peekTopic(
  name: string, options: TopicOptions & { partition: number; offset?: string; limit: number },
): Promise<number> {
  return withBus(options, async (bus) => {
    const messages = await bus.admin.peek(name, {
      partition: options.partition, limit: options.limit, ...(options.offset !== undefined && { offset: BigInt(options.offset) }),
    })
    if (options.json) printJson(messages.map(readable))
    else for (const message of messages) print(JSON.stringify(readable(message)))
    return 0
  })
}

function readable(message: IncomingMessage) {
  return {
    partition: message.partition, offset: message.offset.toString(), timestamp: new Date(message.timestamp).toISOString(),
    key: message.key?.toString() ?? null, headers: message.headers, value: jsonOrText(message.value.toString()),
  }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

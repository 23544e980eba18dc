import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '../bus.ts'
import { expectCode, newTopic, numbered, recorder, unique, until } from '../contract/contract-tools.ts'
import { CoordinationFile } from './coordination-file.ts'
import { type EmbeddedBusOptions, openEmbeddedBus } from './embedded-bus.ts'

let directory: string
let buses: Bus[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-bus-'))
  buses = []
})

afterEach(async () => {
  for (const bus of buses) await bus.close()
  await rm(directory, { recursive: true, force: true })
})

async function open(options: Partial<EmbeddedBusOptions> = {}): Promise<Bus> {
  const bus = await openEmbeddedBus({ directory, ...options, timing: { coordinationMs: 10 } })
  buses.push(bus)
  return bus
}

const topicFiles = () => readdirSync(join(directory, 'topics'))
const topicFile = (topic: string) => join(directory, 'topics', topicFiles().find((file) => file.startsWith(topic) && file.endsWith('.db'))!)

describe('deleting a topic', () => {
  it('removes its files and ends its consumers', async () => {
    const bus = await open()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(10))
    const seen = recorder()
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
    const tail = await bus.tail({ topics: [topic], from: 'earliest' }, async () => {})
    await seen.received(10)
    const other = await open()
    await other.admin.deleteTopic(topic)
    await expectCode(consumer.done, 'TOPIC_NOT_FOUND')
    await expectCode(tail.done, 'TOPIC_NOT_FOUND')
    await consumer.close()
    await tail.close()
    expect(topicFiles()).toEqual([])
    expect(consumer.assignment()).toEqual([])
  })

  it('forgets what groups have committed there', async () => {
    const bus = await open()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, numbered(3))
    await bus.admin.seek(group, topic, 'latest')
    await bus.admin.deleteTopic(topic)
    await bus.admin.createTopic({ name: topic, partitions: 1 })
    expect((await bus.admin.lag(group, topic))[0]!.committed).toBeUndefined()
  })

  it('is finished by whoever makes the topic again, when it was cut short', async () => {
    const bus = await open()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(3))
    // What a process leaves that dies after it has marked the file and before it has forgotten the topic.
    const database = new DatabaseSync(topicFile(topic))
    database.exec('DELETE FROM partitions')
    database.close()
    await expectCode(bus.publish(topic, numbered(1)), 'TOPIC_NOT_FOUND')
    expect(await bus.admin.createTopic({ name: topic, partitions: 1 })).toBe(true)
    expect(await bus.publish(topic, numbered(1))).toEqual([{ partition: 0, offset: 0n }])
  })
})

describe('opening the bus', () => {
  it('removes files that belong to no topic, and no others', async () => {
    const topic = await newTopic(await open())
    const orphan = join(directory, 'topics', 'gone.0a1b2c3d.db')
    writeFileSync(orphan, '')
    writeFileSync(`${orphan}-wal`, '')
    const bus = await open()
    expect(existsSync(orphan) || existsSync(`${orphan}-wal`)).toBe(false)
    expect((await bus.admin.describeTopic(topic)).name).toBe(topic)
  })

  it('says when the directory cannot be used', async () => {
    writeFileSync(join(directory, 'occupied'), 'a file')
    await expectCode(openEmbeddedBus({ directory: join(directory, 'occupied', 'bus') }), 'BUS_UNAVAILABLE')
  })

  it('takes the longest names that the contracts allow', async () => {
    const bus = await open()
    const name = 'n'.repeat(249)
    await bus.admin.createTopic({ name, partitions: 1 })
    await bus.publish(name, numbered(1))
    expect(await bus.admin.listTopics()).toEqual([name])
  })

  it('refuses names and partition counts that cannot be', async () => {
    const bus = await open()
    await expectCode(bus.admin.createTopic({ name: '../up', partitions: 1 }), 'INVALID_FIELD')
    await expectCode(bus.admin.createTopic({ name: 'none', partitions: 0 }), 'INVALID_FIELD')
  })
})

describe('retention', () => {
  it('removes what is older, and groups go on with what is left', async () => {
    let time = 1_700_000_000_000
    const bus = await open({ now: () => time, sweepMs: 10 })
    const topic = unique('short')
    await bus.admin.createTopic({ name: topic, partitions: 2, retentionMs: 1000 })
    await bus.publish(topic, numbered(3, 0, 'old'))
    time += 900
    await bus.publish(topic, numbered(2, 0, 'new'))
    time += 200
    await until('the old ones are gone', async () => (await bus.admin.describeTopic(topic)).partitions[0]!.earliest === 3n)
    const seen = recorder()
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(2)
    await consumer.close()
    expect(seen.texts()).toEqual(['new0', 'new1'])
    time += 5000
    await until('all are gone', async () => (await bus.admin.describeTopic(topic)).partitions[0]!.earliest === 5n)
    expect(await bus.publish(topic, numbered(1))).toEqual([{ partition: 0, offset: 5n }])
  })

  it('passes over what was removed between commit and reading', async () => {
    let time = 1_700_000_000_000
    const bus = await open({ now: () => time, sweepMs: 10 })
    const topic = unique('short')
    const group = unique('group')
    await bus.admin.createTopic({ name: topic, partitions: 1, retentionMs: 1000 })
    await bus.publish(topic, numbered(3, 0, 'old'))
    await bus.admin.seek(group, topic, { partition: 0, offset: 1n })
    time += 2000
    await bus.publish(topic, numbered(1, 0, 'new'))
    await until('the old ones are gone', async () => (await bus.admin.describeTopic(topic)).partitions[0]!.earliest === 3n)
    expect((await bus.admin.lag(group, topic))[0]!.lag).toBe(1n)
    const seen = recorder()
    const consumer = await bus.consume({ group, topics: [topic], from: 'latest' }, seen.handler)
    await seen.received(1)
    await consumer.close()
    expect(seen.texts()).toEqual(['new0'])
  })
})

describe('a lock held by another process', () => {
  it('is waited for without blocking this one', async () => {
    const bus = await open()
    const topic = await newTopic(bus)
    await bus.publish(topic, numbered(1))
    const blocker = new DatabaseSync(topicFile(topic))
    blocker.exec('BEGIN IMMEDIATE')
    let acknowledged = false
    const publishing = bus.publish(topic, numbered(1)).then(() => {
      acknowledged = true
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(acknowledged).toBe(false)
    blocker.exec('ROLLBACK')
    blocker.close()
    await publishing
    expect((await bus.admin.describeTopic(topic)).partitions[0]!.latest).toBe(2n)
  })
})

describe('a committed offset past the end of the log', () => {
  it('ends the consumer instead of skipping or repeating anything', async () => {
    const bus = await open()
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.admin.seek(group, topic, 'latest')
    const file = new CoordinationFile(directory, 'NORMAL')
    file.run('UPDATE offsets SET committed = 7 WHERE group_name = ?', group)
    file.close()
    const consumer = await bus.consume({ group, topics: [topic], from: 'earliest' }, async () => {})
    await expectCode(consumer.done, 'OFFSET_OUT_OF_RANGE')
    await consumer.close()
  })
})

describe('a hole in the file', () => {
  it('is never stepped over in silence', async () => {
    const bus = await open()
    const topic = await newTopic(bus)
    for (const prefix of ['a', 'b', 'c']) await bus.publish(topic, numbered(2, 0, prefix))
    const database = new DatabaseSync(topicFile(topic))
    database.exec('DELETE FROM frames WHERE id = 2')
    database.close()
    const seen = recorder()
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
    await expectCode(consumer.done, 'OFFSET_OUT_OF_RANGE')
    await consumer.close()
    expect(seen.texts()).toEqual(['a0', 'a1'])
  })
})

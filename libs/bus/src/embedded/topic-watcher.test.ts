import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { encodeFrame } from './frame.ts'
import { createTopicFile, TopicLog } from './topic-log.ts'
import { TopicWatcher } from './topic-watcher.ts'

let directory: string
let logs: TopicLog[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-watcher-'))
  createTopicFile(join(directory, 'topic.db'), 1, 'NORMAL')
  logs = []
})

afterEach(async () => {
  for (const log of logs) log.close()
  await rm(directory, { recursive: true, force: true })
})

/** As another process has it: a connection of its own. */
function open(name = 'topic'): TopicLog {
  const log = new TopicLog({ name, path: join(directory, `${name}.db`), partitions: 1, retentionMs: undefined }, 'NORMAL')
  logs.push(log)
  return log
}

const append = (log: TopicLog) => log.append([{ partition: 0, frame: encodeFrame([{ value: Buffer.from('one') }], 0) }])

/** Resolves when the log is first listened to, with whether it can be. */
function listening(log: TopicLog): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const original = log.hearNextWrite.bind(log)
  log.hearNextWrite = (heard) => {
    const listens = original(heard)
    resolve(listens)
    return listens
  }
  return promise
}

const never = new AbortController().signal
const anHour = 3_600_000

it.skipIf(process.platform === 'win32')('hears of a write by another connection, long before it would look', async () => {
  const [reader, writer] = [open(), open()]
  const listens = listening(reader)
  const changed = new TopicWatcher(anHour).changed(reader, reader.revision, never)
  expect(await listens).toBe(true)
  append(writer)
  await changed
  expect(reader.watermarks(0).latest).toBe(1)
})

it('finds a write by looking, where the system gives no notice', async () => {
  const [reader, writer] = [open(), open()]
  reader.hearNextWrite = () => false
  const changed = new TopicWatcher().changed(reader, reader.revision, never)
  append(writer)
  await changed
  expect(reader.watermarks(0).latest).toBe(1)
})

it('looks soon for whoever comes while it only listens for others', async () => {
  const idle = open()
  createTopicFile(join(directory, 'other.db'), 1, 'NORMAL')
  const [late, writer] = [open('other'), open('other')]
  const listens = listening(idle)
  const watcher = new TopicWatcher(anHour)
  const stopping = new AbortController()
  const others = watcher.changed(idle, idle.revision, stopping.signal)
  await listens
  append(writer)
  await watcher.changed(late, late.revision, never)
  expect(late.watermarks(0).latest).toBe(1)
  stopping.abort()
  await others
})

it('waits for nothing once it is told to stop', async () => {
  const reader = open()
  const stopping = new AbortController()
  const changed = new TopicWatcher(anHour).changed(reader, reader.revision, stopping.signal)
  stopping.abort()
  await changed
  expect(reader.watermarks(0).latest).toBe(0)
})

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
function open(): TopicLog {
  const log = new TopicLog({ name: 'topic', path: join(directory, 'topic.db'), partitions: 1, retentionMs: undefined }, 'NORMAL')
  logs.push(log)
  return log
}

const append = (log: TopicLog) => log.append([{ partition: 0, frame: encodeFrame([{ value: Buffer.from('one') }], 0) }])

const never = new AbortController().signal
const anHour = 3_600_000

it.skipIf(process.platform === 'win32')('hears of a write by another connection, long before it would look', async () => {
  const [reader, writer] = [open(), open()]
  const changed = new TopicWatcher(anHour).changed(reader, reader.revision, never)
  append(writer)
  await changed
  expect(reader.watermarks(0).latest).toBe(1)
})

it('finds a write by looking', async () => {
  const [reader, writer] = [open(), open()]
  reader.hearNextWrite(() => undefined)
  const changed = new TopicWatcher().changed(reader, reader.revision, never)
  append(writer)
  await changed
  expect(reader.watermarks(0).latest).toBe(1)
})

it('waits for nothing once it is told to stop', async () => {
  const reader = open()
  const stopping = new AbortController()
  const changed = new TopicWatcher(anHour).changed(reader, reader.revision, stopping.signal)
  stopping.abort()
  await changed
  expect(reader.watermarks(0).latest).toBe(0)
})

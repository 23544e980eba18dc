import { mkdtemp, rm } from 'node:fs/promises'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Bus } from '../bus.ts'
import { channels, type StalledDiagnostic } from '../channels.ts'
import { expectCode, newTopic, numbered, recorder, textOf, unique } from '../contract/contract-tools.ts'
import { openEmbeddedBus } from './embedded-bus.ts'
import { TopicLog } from './topic-log.ts'

let directory: string
const open = (publishWithinMs?: number): Promise<Bus> => openEmbeddedBus({ directory, timing: { coordinationMs: 10 }, ...(publishWithinMs !== undefined && { publishWithinMs }) })

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-full-'))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(directory, { recursive: true, force: true })
})

/** What SQLite says on a full disk (SQLITE_FULL, where nothing else is said), so many times. */
function fillDisk(times: number, errcode = 13): void {
  const append = TopicLog.prototype.append
  let left = times
  vi.spyOn(TopicLog.prototype, 'append').mockImplementation(function (this: TopicLog, frames) {
    if (left-- > 0) throw Object.assign(new Error(errcode === 13 ? 'database or disk is full' : 'disk I/O error'), { errcode })
    return append.call(this, frames)
  })
}

it('waits for space, keeps the order of what waits, and tells that it does', async () => {
  const bus = await open()
  const topic = await newTopic(bus)
  const stalls: StalledDiagnostic[] = []
  const listener = (message: unknown) => void stalls.push(message as StalledDiagnostic)
  subscribe(channels.stalled.name as string, listener)
  fillDisk(3)
  const first = bus.publish(topic, numbered(2, 0, 'a'))
  const second = bus.publish(topic, numbered(2, 0, 'b'))
  await Promise.all([first, second])
  unsubscribe(channels.stalled.name as string, listener)
  const seen = recorder()
  await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
  await seen.received(4)
  expect(seen.texts()).toEqual(['a0', 'a1', 'b0', 'b1'])
  expect(stalls.map(({ topic: name, attempt }) => [name, attempt])).toEqual([[topic, 1], [topic, 2], [topic, 3]])
  await bus.close()
})

it('gives up when the disk stays full for too long, and at once when the bus is closed', async () => {
  const bus = await open(0)
  const topic = await newTopic(bus)
  fillDisk(Infinity)
  await expectCode(bus.publish(topic, numbered(1)), 'BUS_UNAVAILABLE')
  await bus.close()
  const patient = await open()
  const refused = expectCode(patient.publish(topic, numbered(1)), 'BUS_UNAVAILABLE')
  await patient.close()
  await refused
})

it.each([
  ['the index of the log cannot grow, as on a full tmpfs', 10 | 19 << 8], ['a quota refuses a write', 10 | 3 << 8], ['the place is sought when it is synced', 10 | 4 << 8],
])('waits for space too where %s', async (_, errcode) => {
  const bus = await open()
  const topic = await newTopic(bus)
  fillDisk(1, errcode)
  await bus.publish(topic, numbered(2))
  expect((await bus.admin.peek(topic, { partition: 0, limit: 10 })).map(textOf)).toEqual(['m0', 'm1'])
  await bus.close()
})

it.each([
  ['reading fails', 10 | 1 << 8], ['a read is too short', 10 | 2 << 8], ['the file system is damaged', 10 | 33 << 8], ['it is not said what', 10],
])('waits for nothing where %s: no space would mend it', async (_, errcode) => {
  const bus = await open()
  const topic = await newTopic(bus)
  const stalls: unknown[] = []
  const listener = (message: unknown) => void stalls.push(message)
  subscribe(channels.stalled.name as string, listener)
  fillDisk(1, errcode)
  await expectCode(bus.publish(topic, numbered(1)), 'BUS_UNAVAILABLE')
  unsubscribe(channels.stalled.name as string, listener)
  expect(stalls).toEqual([])
  await bus.close()
})

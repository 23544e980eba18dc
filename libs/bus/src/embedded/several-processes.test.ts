import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bus } from '../bus.ts'
import { committedOf, newTopic, recorder, textOf, unique, until } from '../contract/contract-tools.ts'
import { openEmbeddedBus } from './embedded-bus.ts'
import type { ChildReport, ChildTask } from './testing/child-process.ts'

let directory: string
let bus: Bus
const children = new Set<ChildProcess>()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-bus-'))
  bus = await openBus()
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

const openBus = (sessionTimeoutMs = 600_000) =>
  openEmbeddedBus({ directory, timing: { sessionTimeoutMs, coordinationMs: 20, livenessMs: 100, heartbeatMs: 100 } })

function start(task: ChildTask): { child: ChildProcess; reports: ChildReport[]; reported: (kind: ChildReport['report']) => Promise<void> } {
  const script = join(import.meta.dirname, 'testing', 'child-process.ts')
  const child = fork(script, [JSON.stringify(task)], { execArgv: ['--disable-warning=ExperimentalWarning'] })
  children.add(child)
  const reports: ChildReport[] = []
  child.on('message', (message) => reports.push(message as ChildReport))
  const reported = (kind: ChildReport['report']) =>
    until(`the child reports '${kind}'`, () => reports.some(({ report }) => report === kind))
  return { child, reports, reported }
}

async function valuesOf(topic: string): Promise<string[]> {
  return (await bus.admin.peek(topic, { partition: 0, limit: 1_000_000 })).map(textOf)
}

describe('a consumer that is killed', () => {
  it('is replaced at once, and its batch delivered again', async () => {
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, [{ value: 'a' }, { value: 'b' }])
    // No session would end within the test: only the death of the process can be what is noticed.
    const { child, reported } = start({ do: 'consume', directory, topic, group, timing: { sessionTimeoutMs: 600_000 }, hold: true })
    await reported('batch')
    const seen = recorder()
    const heir = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    expect(heir.assignment()).toEqual([])
    child.kill('SIGKILL')
    await seen.received(2)
    expect(seen.texts()).toEqual(['a', 'b'])
    await heir.close()
  })
})

describe('a consumer that is paused beyond its session and woken', () => {
  it('commits nothing of what was given to another, and joins again', async () => {
    const topic = await newTopic(bus)
    const group = unique('group')
    await bus.publish(topic, [{ value: 'a' }, { value: 'b' }])
    const timing = { sessionTimeoutMs: 800, heartbeatMs: 100, coordinationMs: 20 }
    const { child, reports, reported } = start({ do: 'consume', directory, topic, group, timing, hold: true })
    await reported('batch')
    child.kill('SIGSTOP')
    const seen = recorder()
    const heir = await bus.consume({ group, topics: [topic], from: 'earliest' }, seen.handler)
    await seen.received(2)
    await bus.publish(topic, [{ value: 'c' }])
    await until('the heir has committed all', async () => await committedOf(bus, group, topic) === 3n)
    child.kill('SIGCONT')
    await reported('aborted')
    child.send('end the batch')
    await until('the child is a member again', async () =>
      (await bus.admin.listGroups()).some((g) => g.group === group && g.members === 2))
    expect(await committedOf(bus, group, topic)).toBe(3n)
    expect(reports.filter((r) => r.report === 'commit' && !r.refused)).toEqual([])
    await heir.close()
  })
})

describe('publishers in several processes', () => {
  it('lose nothing and keep their own order', async () => {
    const topic = await newTopic(bus)
    const seen = recorder()
    const consumer = await bus.consume({ group: unique('group'), topics: [topic], from: 'earliest' }, seen.handler)
    const publishers = ['x', 'y'].map((prefix) => start({ do: 'publish', directory, topic, prefix, total: 3000, batch: 30 }))
    await Promise.all(publishers.map(({ reported }) => reported('done')))
    await seen.received(6000)
    await consumer.close()
    expect(seen.messages().map((m) => m.offset)).toEqual(Array.from({ length: 6000 }, (_, i) => BigInt(i)))
    for (const prefix of ['x', 'y']) {
      expect(seen.texts().filter((text) => text.startsWith(prefix))).toEqual(Array.from({ length: 3000 }, (_, i) => `${prefix}${i}`))
    }
  })

  it('have kept every acknowledged message when they are killed', async () => {
    const topic = await newTopic(bus)
    for (const [round, after] of [1, 40, 130].entries()) {
      const prefix = `round${round}-`
      const { child, reports } = start({ do: 'publish', directory, topic, prefix, total: 1_000_000, batch: 10 })
      await until('it has published for a while', () => reports.length >= after)
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
      const kept = (await valuesOf(topic)).filter((value) => value.startsWith(prefix))
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => `${prefix}${i}`))
      const acknowledged = Math.max(...reports.map((r) => (r.report === 'acknowledged' ? r.count : 0)))
      expect(kept.length).toBeGreaterThanOrEqual(acknowledged)
      // All or nothing of a call.
      expect(kept.length % 10).toBe(0)
    }
    await bus.publish(topic, [{ value: 'after all' }])
    expect((await valuesOf(topic)).at(-1)).toBe('after all')
  })
})

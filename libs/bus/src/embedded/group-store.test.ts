import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CoordinationFile } from './coordination-file.ts'
import { GroupStore, type Membership } from './group-store.ts'
import { ownIdentity } from './process-liveness.ts'

const session = 1000
let directory: string
let file: CoordinationFile
let store: GroupStore

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-groups-'))
  file = new CoordinationFile(directory, 'NORMAL')
  store = new GroupStore(file, () => 2)
})

afterEach(async () => {
  file.close()
  await rm(directory, { recursive: true, force: true })
})

const member = (name: string): Membership => ({ group: 'g', member: name, topics: ['t'] })
const join_ = (name: string, now: number) => store.join(member(name), ownIdentity(), now, { sessionTimeoutMs: session })
const owned = (name: string) => store.reconcile(member(name)).owned.map(({ partition, surrender }) => [partition, surrender])
const partition = (p: number) => ({ topic: 't', partition: p })

it('hands a partition over only after its owner has released it', () => {
  join_('a', 0)
  expect(owned('a')).toEqual([[0, false], [1, false]])
  join_('b', 0)
  expect(owned('b')).toEqual([])
  const [surrendered] = store.reconcile(member('a')).owned.filter((p) => p.surrender)
  const generation = store.generation('g')
  store.release(member('a'), surrendered!)
  expect(store.generation('g')).toBeGreaterThan(generation)
  expect(owned('b')).toEqual([[surrendered!.partition, false]])
  expect(owned('a')).toEqual([[1 - surrendered!.partition, false]])
})

it('refuses the commit of a member that was taken for dead', () => {
  join_('a', 0)
  store.reconcile(member('a'))
  store.commit(member('a'), partition(0), 5)
  join_('b', session + 1)
  expect(store.heartbeat(member('a'), session + 2)).toBe(false)
  expect(() => store.commit(member('a'), partition(0), 6)).toThrow(expect.objectContaining({ code: 'NOT_PARTITION_OWNER' }))
  expect(owned('b')).toEqual([[0, false], [1, false]])
  expect(store.committed('g', 't', 0)).toBe(5)
})

it('keeps members that are silent for less than their session', () => {
  join_('a', 0)
  expect(store.heartbeat(member('a'), 900)).toBe(true)
  store.expireDead('g', 900 + session)
  expect(store.list(900 + session)).toEqual([{ group: 'g', members: 1 }])
  store.expireDead('g', 901 + session)
  expect(store.list(901 + session)).toEqual([{ group: 'g', members: 0 }])
})

it('takes for dead whose process is gone, whatever its session', () => {
  const gone = { ...ownIdentity(), startedAt: 'another start' }
  store.join(member('a'), gone, 0, { sessionTimeoutMs: session })
  expect(store.list(0)).toEqual([{ group: 'g', members: 0 }])
  store.join(member('elsewhere'), { ...gone, host: 'another machine' }, 0, { sessionTimeoutMs: session })
  expect(store.list(0)).toEqual([{ group: 'g', members: 1 }])
})

it('puts all others out for one that has the group to itself', () => {
  join_('a', 0)
  expect(owned('a')).toHaveLength(2)
  store.join(member('b'), ownIdentity(), 1, { sessionTimeoutMs: session, alone: true })
  expect(owned('b')).toEqual([[0, false], [1, false]])
  expect(store.heartbeat(member('a'), 2)).toBe(false)
  expect(() => store.commit(member('a'), partition(0), 6)).toThrow(expect.objectContaining({ code: 'NOT_PARTITION_OWNER' }))
})

import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectStore } from '../connect-store.ts'
import type { StoreEvent } from '../channels.ts'
import { findSql } from './find-documents.ts'
import { openEmbeddedStore } from './open-embedded-store.ts'

let directory = ''
let files = 0
const newFile = () => join(directory, `${files++}.db`)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-embedded-'))
})
afterAll(() => rm(directory, { recursive: true }))

it('keeps what was written for the next one who opens the file', async () => {
  const file = newFile()
  const first = await connectStore({ kind: 'embedded', file, synchronous: 'FULL' })
  await first.ensureCollection('a')
  await first.writeBatch('a', [{ _key: 'x', n: 1 }])
  await first.close()
  const second = await connectStore({ kind: 'embedded', file })
  expect(await second.get('a', 'x')).toEqual({ _key: 'x', n: 1 })
  await second.close()
})

it('waits for a lock that another process holds, and writes once it is free', async () => {
  const file = newFile()
  const store = await openEmbeddedStore({ file })
  await store.ensureCollection('a')
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  const writing = store.writeBatch('a', [{ _key: 'x' }])
  expect(await store.count('a')).toBe(0)
  other.exec('COMMIT')
  expect(await writing).toMatchObject({ created: 1 })
  other.close()
  await store.close()
})

it('gives up with STORE_CONFLICT when the lock never becomes free', async () => {
  const file = newFile()
  const store = await openEmbeddedStore({ file, patienceMs: 50, random: () => 0.5 })
  await store.ensureCollection('a')
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  await expect(store.writeBatch('a', [{ _key: 'x' }])).rejects.toMatchObject({ code: 'STORE_CONFLICT', retryable: true })
  other.close()
  await store.close()
})

it('says so when the file is no database', async () => {
  const file = newFile()
  await writeFile(file, 'not a database, but long enough to be looked at '.repeat(100))
  await expect(openEmbeddedStore({ file })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  await expect(openEmbeddedStore({ file: join(file, 'below', 'store.db') })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

it('answers a query on indexed fields from the index', async () => {
  const file = newFile()
  const store = await openEmbeddedStore({ file })
  await store.ensureCollection('a', { indexes: [['status', 'at'], ['at']] })
  await store.close()
  const database = new DatabaseSync(file)
  const plan = (...query: Parameters<typeof findSql>) => {
    const { sql, parameters } = findSql(...query)
    return database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters).map(({ detail }) => detail).join('; ')
  }
  expect(plan('a', { where: { status: 'running' }, sort: [{ field: 'at', direction: 'asc' }] })).toBe('SEARCH c_a USING INDEX i_a:status,at (<expr>=?)')
  expect(plan('a', { sort: [{ field: 'at', direction: 'asc' }], limit: 10 })).toBe('SCAN c_a USING INDEX i_a:at')
  expect(plan('a', { where: { status: { in: ['x', 'y'] } } })).toContain('USING INDEX i_a:status,at')
  expect(plan('a', { where: { _key: 'k' } })).toContain('USING PRIMARY KEY (key=?)')
  database.close()
})

it('lets the event loop go on during long writes and scans', async () => {
  const store = await openEmbeddedStore({ file: newFile() })
  await store.ensureCollection('a')
  let turns = 0
  let running = true
  const count = () => {
    turns++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  await store.writeBatch('a', Array.from({ length: 20_000 }, (_, i) => ({ _key: `k${i}` })))
  expect(turns).toBeGreaterThanOrEqual(3)
  turns = 0
  let batches = 0
  for await (const batch of store.scan('a', {}, { batchSize: 1000 })) batches += Math.sign(batch.length)
  expect(batches).toBe(20)
  expect(turns).toBeGreaterThanOrEqual(19)
  running = false
  await store.close()
})

it('publishes what it wrote and read', async () => {
  const events: [string, StoreEvent][] = []
  const listen = (message: unknown, name: string | symbol) => events.push([String(name), message as StoreEvent])
  const names = ['streamforge:store:write', 'streamforge:store:read']
  names.forEach((name) => subscribe(name, listen))
  const store = await openEmbeddedStore({ file: newFile() })
  await store.ensureCollection('seen')
  await store.writeBatch('seen', [{ _key: 'a' }, { _key: 'b' }])
  await store.get('seen', 'a')
  await store.find('seen')
  await store.close()
  names.forEach((name) => unsubscribe(name, listen))
  expect(events.map(([name, { collection, documents }]) => [name, collection, documents])).toEqual([
    ['streamforge:store:write', 'seen', 2], ['streamforge:store:read', 'seen', 1], ['streamforge:store:read', 'seen', 2],
  ])
  for (const [, { ms }] of events) expect(ms).toBeGreaterThanOrEqual(0)
})

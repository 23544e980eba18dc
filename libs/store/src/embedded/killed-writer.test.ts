import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEmbeddedStore } from './open-embedded-store.ts'

const script = fileURLToPath(new URL('./writer-to-kill.ts', import.meta.url))
const BATCH = 700
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-killed-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** Lets a writer run until it has told of `batches` batches, then kills it. Resolves with how many it told of. */
async function writeAndKill(file: string, writer: string, batches: number): Promise<number> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, file, writer, String(BATCH)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let told = 0
  for await (const line of createInterface({ input: child.stdout })) {
    told = Number(line) + 1
    if (told === batches) child.kill('SIGKILL')
  }
  expect(await exited).toEqual([null, 'SIGKILL'])
  return told
}

it('holds every batch whole or not at all after its writers were killed, two at a time, again and again', async () => {
  const file = join(directory, 'store.db')
  const told = new Map<string, number>()
  for (let round = 0; round < 3; round++) {
    const writers = [`w${round}a`, `w${round}b`]
    const counts = await Promise.all(writers.map((writer, i) => writeAndKill(file, writer, 3 + ((round * 7 + i * 5) % 11))))
    writers.forEach((writer, i) => told.set(writer, counts[i]!))
  }
  const store = await openEmbeddedStore({ file })
  const stored = new Map<string, number>()
  for await (const documents of store.scan<{ _key: string; batch: string }>('batches')) {
    for (const { batch } of documents) stored.set(batch, (stored.get(batch) ?? 0) + 1)
  }
  expect([...new Set(stored.values())]).toEqual([BATCH])
  for (const [writer, count] of told) {
    for (let batch = 0; batch < count; batch++) expect(stored.has(`${writer}_${batch}`)).toBe(true)
  }
  expect(await store.writeBatch('batches', [{ _key: 'after', batch: 'after' }])).toMatchObject({ created: 1 })
  await store.close()
  const database = new DatabaseSync(file)
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  database.close()
}, 60_000)

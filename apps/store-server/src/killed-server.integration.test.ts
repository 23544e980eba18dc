import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { nodeCommand } from '@streamforge/launcher'
import { freePort } from '@streamforge/servers'
import { connectStore } from '@streamforge/store'
import { token } from './server-fixture.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const KILLS = 6
const WRITERS = 4
let directory = ''
let port = 0
let server: ChildProcess | undefined

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-killed-server-'))
  port = await freePort()
})
afterAll(async () => {
  server?.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

async function start(): Promise<void> {
  const [program, ...args] = nodeCommand(main)
  const child = spawn(program, args, {
    env: { ...process.env, DATA_DIR: directory, PORT: String(port), STORE_TOKEN: token, HEALTH_PORT: '0', LOG_LEVEL: 'info' }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  server = child
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"listening"')) break
  }
}

async function end(signal: NodeJS.Signals): Promise<unknown[]> {
  const gone = once(server!, 'exit')
  server!.kill(signal)
  return gone
}

it('loses nothing and doubles nothing when its server is killed again and again; callers go on', async () => {
  await start()
  const config = { kind: 'remote', url: `http://127.0.0.1:${port}`, token } as const
  const stores = await Promise.all(Array.from({ length: WRITERS }, () => connectStore(config)))
  const first = stores[0]!
  await first.ensureCollection('records')
  await first.ensureCollection('counts')
  await first.compareAndSet('counts', { _key: 'n', version: 1, n: 0 }, 0)
  let ending = false
  let created = 0
  let batches = 0
  let increments = 0
  let progress = Promise.withResolvers<void>()
  const count = (batch: number) => Array.from({ length: 400 }, (_, i) => ({ _key: `r${batch}_${i}`, batch, text: 'x'.repeat(120) }))

  const work = async (writer: number) => {
    const store = stores[writer]!
    for (let round = 0; !ending; round++) {
      const result = await store.writeBatch('records', count(writer * 1_000_000 + round))
      created += result.created
      batches++
      const current = (await store.get<{ _key: string; version: number; n: number }>('counts', 'n'))!
      if (await store.compareAndSet('counts', { ...current, n: current.n + 1, version: current.version + 1 }, current.version)) increments++
      progress.resolve()
    }
  }
  const working = Promise.all(stores.map((_, writer) => work(writer)))
  for (let kill = 0; kill < KILLS; kill++) {
    // In the middle of writes: some were answered since the start, others are under way.
    progress = Promise.withResolvers()
    await progress.promise
    expect(await end('SIGKILL')).toEqual([null, 'SIGKILL'])
    await start()
  }
  progress = Promise.withResolvers()
  await progress.promise
  ending = true
  await working

  expect(created).toBe(batches * 400)
  expect(await first.count('records')).toBe(batches * 400)
  expect(await first.get('counts', 'n')).toEqual({ _key: 'n', version: increments + 1, n: increments })
  for (const store of stores) await store.close()
  expect(await end('SIGTERM')).toEqual([0, null])
  const database = new DatabaseSync(join(directory, 'store.db'))
  expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  database.close()
  process.stdout.write(`store server: killed ${KILLS} times during ${batches} batches and ${increments} increments of ${WRITERS} writers; nothing lost, nothing doubled\n`)
}, 60_000)

it('says what is wrong with its environment', async () => {
  const [program, ...args] = nodeCommand(main)
  const child = spawn(program, args, { env: { ...process.env, DATA_DIR: directory, STORE_TOKEN: 'short' }, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  expect((await once(child, 'exit'))[0]).toBe(78)
  expect(output).toContain('STORE_TOKEN')
  expect(output).not.toContain('"short"')
})

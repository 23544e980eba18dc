import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openServersFolder, type ServerRecord } from './servers-folder.ts'

let path: string
beforeEach(async () => { path = await mkdtemp(join(tmpdir(), 'servers-folder-')) })
afterEach(() => rm(path, { recursive: true }))

const record: ServerRecord = {
  pid: 1, started: 'then', version: '1.0', host: '127.0.0.1', port: 9000, stopSignal: 'SIGTERM', logFile: '/log', ready: true, since: 0,
}

it('makes passwords once, for its owner only', async () => {
  const secrets = await (await openServersFolder(path)).secrets()
  expect(await (await openServersFolder(path)).secrets()).toEqual(secrets)
  expect(new Set(Object.values(secrets)).size).toBe(5)
  expect((await stat(join(path, 'secrets.json'))).mode & 0o077).toBe(0)
  expect(secrets.kafka).toMatch(/^[0-9a-f]{48}$/)
})

it('remembers who runs, and the port of who did', async () => {
  const folder = await openServersFolder(path)
  await folder.record('minio', record)
  await folder.record('kafka', { ...record, port: 9092 })
  await folder.record('minio', undefined)
  expect(await folder.records()).toEqual({ kafka: { ...record, port: 9092 } })
  expect(await folder.lastPort('minio')).toBe(9000)
  expect(JSON.stringify(await readFile(join(path, 'state.json'), 'utf8'))).not.toContain((await folder.secrets()).minio)
})

it('lets one work at a time', async () => {
  const [one, other] = [await openServersFolder(path), await openServersFolder(path)]
  const order: string[] = []
  const held = Promise.withResolvers<void>()
  const first = one.alone(async () => {
    order.push('first begins')
    await held.promise
    order.push('first ends')
  })
  const second = other.alone(async () => { order.push('second') })
  held.resolve()
  await Promise.all([first, second])
  expect(order).toEqual(expect.arrayContaining(['first begins', 'first ends', 'second']))
  expect(order.indexOf('first ends') - order.indexOf('first begins')).toBe(1)
})

it('does not wait for one that was killed at work', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid
  await writeFile(join(path, 'lock.json'), JSON.stringify({ pid: gone, started: '1' }))
  expect(await (await openServersFolder(path)).alone(async () => 'done')).toBe('done')
  expect(await readdir(path)).not.toContain('lock.json')
})

it('says which file is broken', async () => {
  await writeFile(join(path, 'state.json'), '{')
  await expect((await openServersFolder(path)).records()).rejects.toThrow(/state\.json cannot be read/)
})

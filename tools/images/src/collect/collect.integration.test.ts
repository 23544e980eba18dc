import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runToEnd } from '@streamforge/servers'

const root = resolve(import.meta.dirname, '../../../..')
const collect = join(import.meta.dirname, 'collect.ts')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streamforge-collect-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

// A module that is missing would be named before any variable is looked at.
test.each(['queue-manager', 'dashboard'])('what is collected for %s is all that it needs to read its configuration', async (app) => {
  await collectFor(app)
  const { output } = await runToEnd('env', ['-i', 'BUS=kafka', process.execPath, join(folder, 'apps', app, 'src/main.ts')], { cwd: folder })
  expect(output).not.toContain('ERR_MODULE_NOT_FOUND')
  expect(output).toContain('KAFKA_BROKERS')
}, 60_000)

test('what is collected for store-server serves, and holds no tests, compilers or declarations', async () => {
  await collectFor('store-server')
  const env = { STORE_TOKEN: 'a'.repeat(32), PORT: '0', DATA_DIR: folder }
  const server = spawn(process.execPath, [join(folder, 'apps/store-server/src/main.ts')], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(server, 'exit')
  let said = ''
  const listening = new Promise<boolean>((done) => {
    const hear = (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('"msg":"listening"')) done(true)
    }
    server.stdout.on('data', hear)
    server.stderr.on('data', hear)
    void ended.then(() => done(false))
  })
  const isListening = await listening
  server.kill('SIGTERM')
  await ended
  expect(isListening, said).toBe(true)
  const files = await readdir(folder, { recursive: true })
  expect(files.filter((name) => /\.test\.ts$|\.d\.ts$|\.map$/.test(name))).toEqual([])
  for (const name of ['typescript', 'vitest', 'nx', 'react', 'vite']) expect(existsSync(join(folder, 'node_modules', name)), name).toBe(false)
}, 60_000)

async function collectFor(app: string): Promise<void> {
  for (const what of ['common', app]) {
    const { status, output } = await runToEnd(process.execPath, [collect, folder, what], { cwd: root })
    if (status !== 0) throw new Error(output)
  }
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startGuarded } from './guarded-process.ts'

let directory: string
let logFile: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'guarded-process-'))
  logFile = join(directory, 'log')
})
afterEach(() => rm(directory, { recursive: true }))

const server = ['-e', 'console.log("up"); process.on("SIGTERM", () => { console.log("in order"); process.exit(0) }); setInterval(() => {}, 1000)']

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10)
}

const logged = async (text: string) => (await readFile(logFile, 'utf8')).includes(text)

it('runs a server, and stops it in order', async () => {
  const guarded = await startGuarded(process.execPath, server, logFile)
  await until(() => logged('up'))
  expect(isAlive(guarded.pid)).toBe(true)
  await guarded.stop()
  expect(isAlive(guarded.pid)).toBe(false)
  expect(await logged('in order')).toBe(true)
})

it('kills a server as a crash would', async () => {
  const guarded = await startGuarded(process.execPath, server, logFile)
  await until(() => logged('up'))
  await guarded.kill()
  expect(guarded.hasEnded()).toBe(true)
  expect(await logged('in order')).toBe(false)
})

it('says why a program cannot be started', async () => {
  await expect(startGuarded(join(directory, 'nothing'), [], logFile)).rejects.toThrow(/could not be started.*ENOENT/)
})

it('does not let a server outlive its owner, even when that is killed', async () => {
  const module = new URL('./guarded-process.ts', import.meta.url).href
  const program = `const { startGuarded } = await import(${JSON.stringify(module)})
    const guarded = await startGuarded(process.execPath, ${JSON.stringify(server)}, ${JSON.stringify(logFile)})
    console.log(guarded.pid)
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: owner.stdout }), 'line') as [string]
  await until(() => logged('up'))
  owner.kill('SIGKILL')
  await until(() => !isAlive(Number(line)))
  await until(() => logged('in order'))
})

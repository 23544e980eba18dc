import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ServerProcess } from '../start-server.ts'
import { startDetached, stopDetached } from './detached.ts'
import { identify, isRunning, memoryOfSession } from '../process-identity.ts'

let directory: string
let logFile: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'detached-'))
  logFile = join(directory, 'log')
})
afterEach(() => rm(directory, { recursive: true }))

/** A server that has a child, which would outlive it. */
const program = `const { spawn } = require('node:child_process')
const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
process.on('SIGUSR2', () => { console.log('in order'); process.exit(0) })
process.on('SIGTERM', () => {})
child.once('spawn', () => console.log('up', child.pid, process.env.SECRET))
setInterval(() => {}, 1000)`

const server = (): ServerProcess => ({
  title: 'the server', program: process.execPath, args: ['-e', program], env: { SECRET: 'given' }, logFile, readyWithinMs: 20_000,
  isReady: async () => (await readFile(logFile, 'utf8')).includes('up'),
})

it('starts a server in a session of its own, and ends it with what it left there', async () => {
  const identity = await startDetached(server())
  const [, childPid, secret] = (await readFile(logFile, 'utf8')).trim().split(' ')
  expect(secret).toBe('given')
  const child = (await identify(Number(childPid)))!
  if (process.platform === 'linux') expect(await memoryOfSession(identity.pid)).toBeGreaterThan(2e6)
  expect(await stopDetached(identity, 'SIGUSR2')).toBe('stopped')
  expect(await readFile(logFile, 'utf8')).toContain('in order')
  expect(await isRunning(identity)).toBe(false)
  while (await isRunning(child)) await new Promise((resolve) => setImmediate(resolve))
})

it('does not touch a process that only has the number', async () => {
  const identity = await startDetached(server())
  try {
    expect(await stopDetached({ ...identity, started: `${identity.started}0` }, 'SIGKILL')).toBe('was gone')
    expect(await isRunning(identity)).toBe(true)
  } finally {
    await stopDetached(identity, 'SIGKILL')
  }
})

it('says what a server said that ended while starting', async () => {
  const failing = { ...server(), args: ['-e', 'console.error("no such database"); process.exit(3)'], isReady: async () => false }
  await expect(startDetached(failing)).rejects.toThrow(/the server ended while starting: no such database/)
})

it('says that there is no such program', async () => {
  await expect(startDetached({ ...server(), program: join(directory, 'nothing') })).rejects.toThrow(/ENOENT/)
})

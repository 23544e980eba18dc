import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, publishMessages } from '@streamforge/bus'
import { catalog, StreamForgeError } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { executeService, type ServiceDefinition } from './run-service.ts'
import type { StopCause } from './stop-cause.ts'

const shape = { GREETING: z.string().default('hello').describe('a greeting') }
let directory: string
let stop: (cause: StopCause) => void
let logs: { msg: string; [field: string]: unknown }[]
let logged: () => void

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-run-service-'))
  logs = []
  logged = () => undefined
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const run = (start: ServiceDefinition<typeof shape>['start'], env: Record<string, string> = {}) => executeService({ name: 'greeter', shape, start }, {
  env: { DATA_DIR: directory, ...env },
  logStream: { write: (line) => {
    logs.push(JSON.parse(line) as { msg: string })
    logged()
  } },
  onStop: (given) => {
    stop = given
    return () => undefined
  },
})
const logsLine = (message: string) => new Promise<void>((resolve) => {
  logged = () => {
    if (logs.some(({ msg }) => msg === message)) resolve()
  }
  logged()
})
const terminate = () => stop({ kind: 'terminated', signal: 'SIGTERM' })

describe('a service', () => {
  it('runs until it is told to stop, and then stops what it started', async () => {
    const steps: string[] = []
    const running = run(async ({ config, bus, store }) => {
      steps.push(`${config.GREETING} ${bus.kind} ${(await store()).kind}`)
      return async () => void steps.push('stopped')
    })
    await logsLine('started')
    terminate()
    expect(await running).toBe(0)
    expect(steps).toEqual(['hello embedded embedded', 'stopped'])
  })

  it('answers pings while it runs', async () => {
    const running = run(async () => async () => undefined)
    await logsLine('listening to commands')
    const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
    const { promise: answered, resolve } = Promise.withResolvers<unknown>()
    const tail = await bus.tail({ topics: ['queue-events'], from: 'earliest' }, async ({ messages }) => {
      resolve(JSON.parse(messages[0]!.value.toString()))
    })
    await publishMessages(bus, catalog['queue-control'], [{ command: 'ping', ping_id: 'p', target: 'greeter', timestamp: 1 }])
    expect(await answered).toMatchObject({ status: 'pong', ping_id: 'p', producer: 'greeter', service: 'greeter' })
    await tail.close()
    await bus.close()
    terminate()
    await running
  })

  it.each([
    ['a wrong environment', { LOG_LEVEL: 'loud' }, undefined, 78],
    ['a start that may succeed later', {}, new StreamForgeError('STORE_UNAVAILABLE', 'away'), 1],
    ['a start that will not', {}, new StreamForgeError('STORE_REJECTED', 'never'), 2],
  ])('says with its exit code how it failed: %s', async (_, env, error, code) => {
    expect(await run(() => Promise.reject(error as Error), env)).toBe(code)
  })

  it('ends with 1 after a crash, and stops what it started first', async () => {
    let stopped = false
    const running = run(async () => async () => {
      stopped = true
    })
    await logsLine('started')
    stop({ kind: 'crashed', error: new Error('lost') })
    expect(await running).toBe(1)
    expect(stopped).toBe(true)
  })

  it('names HEALTH_PORT when the port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    expect(await run(async () => async () => undefined, { HEALTH_PORT: String(port) })).toBe(78)
    expect(logs.at(-1)).toMatchObject({ code: 'BAD_CONFIG', err: { message: expect.stringContaining(`HEALTH_PORT ${port}`) } })
    other.close()
  })

  it('hides secrets in its log', async () => {
    const running = run(async ({ log }) => {
      log.info({ password: 'hunter2', request: { headers: { authorization: 'Bearer hunter2' } }, user: { token: 'hunter2' } }, 'a request')
      return async () => undefined
    })
    await logsLine('started')
    terminate()
    await running
    expect(JSON.stringify(logs)).not.toContain('hunter2')
    expect(logs.find(({ msg }) => msg === 'a request')).toMatchObject({ password: '[hidden]' })
  })
})

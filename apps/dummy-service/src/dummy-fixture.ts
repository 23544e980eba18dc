import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bus, connectBus, ensureTopics, tailMessages } from '@streamforge/bus'
import { catalog, type QueueEvent } from '@streamforge/contracts'

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
}

/** A bus in a folder of its own, what is said on it, and processes of this app that use it. */
export interface Stage {
  bus: Bus
  directory: string
  events: QueueEvent[]
  hears: (is: (event: QueueEvent) => boolean) => Promise<QueueEvent>
  start: (program: 'main' | 'debug-producer', args: string[], env?: Record<string, string>) => { kill: (signal: NodeJS.Signals) => void; ended: Promise<Ended> }
  close: () => Promise<void>
}

export async function openStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'sf-dummy-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  await ensureTopics(bus)
  const events: QueueEvent[] = []
  const waiting = new Set<() => void>()
  const tail = await tailMessages(bus, catalog['queue-events'], { from: 'earliest' }, async ({ messages }) => {
    events.push(...messages.map(({ value }) => value))
    for (const look of waiting) look()
  })
  const running = new Set<() => void>()
  return {
    bus, directory, events,
    hears: (is) => new Promise((resolve) => {
      const look = () => {
        const found = events.find(is)
        if (!found) return
        waiting.delete(look)
        resolve(found)
      }
      waiting.add(look)
      look()
    }),
    start: (program, args, env = {}) => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, `${program}.ts`), ...args], {
        env: { PATH: process.env.PATH, DATA_DIR: directory, ...env }, stdio: ['ignore', 'pipe', 'inherit'],
      })
      const kill = () => child.kill('SIGKILL')
      running.add(kill)
      let stdout = ''
      child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()))
      const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => {
        running.delete(kill)
        resolve({ code, signal, stdout })
      }))
      return { kill: (signal) => child.kill(signal), ended }
    },
    close: async () => {
      for (const kill of running) kill()
      await tail.close()
      await bus.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeCommand } from '@streamforge/launcher'

const root = resolve(import.meta.dirname, '../../../..')

export interface RunningProcess {
  readonly url: string
  readonly pid: number
  /** Exit code or signal, once it has ended. */
  readonly ended: Promise<number | string>
  lines: string[]
  signal(signal: NodeJS.Signals): void
}

/** What the test of several queue-managers starts: real processes on one data directory. */
export interface ManagedPlatform {
  directory: string
  exchangeUrl: string
  storeUrl: string | undefined
  startManager(): Promise<RunningProcess>
  close(): Promise<void>
}

export const storeToken = 'a-token-for-tests-only'

async function start(script: string, env: Record<string, string>): Promise<RunningProcess> {
  const [program, ...args] = nodeCommand(join(root, script))
  const child: ChildProcess = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(([code, signal]) => (code as number | null) ?? (signal as string))
  const lines: string[] = []
  const url = await new Promise<string>((found, failed) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      lines.push(line)
      const address = /"url":"(http[^"]+)"/.exec(line)?.[1]
      if (address) found(address)
    })
    void ended.then((how) => failed(new Error(`${script} ended (${how}) before it listened:\n${lines.slice(-5).join('\n')}`)))
  }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })
  return { url, pid: child.pid!, ended, lines, signal: (signal) => void child.kill(signal) }
}

export async function openManagedPlatform(store: 'embedded' | 'remote', more: Record<string, string>): Promise<ManagedPlatform> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-managers-'))
  const running: RunningProcess[] = []
  const close = async () => {
    for (const one of running.reverse()) {
      one.signal('SIGCONT')
      one.signal('SIGTERM')
      await one.ended
    }
    await rm(directory, { recursive: true, force: true })
  }
  const begin = async (script: string, env: Record<string, string>) => {
    const started = await start(script, env)
    running.push(started)
    return started
  }
  const server = store === 'remote' ? await begin('apps/store-server/src/main.ts', { PORT: '0', DATA_DIR: join(directory, 'served'), STORE_TOKEN: storeToken }) : undefined
  const exchange = await begin('apps/exchange-simulator/src/main.ts', { PORT: '0' })
  const env = {
    DATA_DIR: directory, PORT: '0', BINANCE_REST_URL: exchange.url, BINANCE_ARCHIVE_URL: exchange.url, BINANCE_WS_URL: exchange.url.replace(/^http/, 'ws'), LOG_LEVEL: 'info',
    ...(server && { STORE: 'remote', STORE_URL: server.url, STORE_TOKEN: storeToken }), ...more,
  }
  return {
    directory, exchangeUrl: exchange.url, storeUrl: server?.url,
    startManager: () => begin('apps/queue-manager/src/main.ts', env),
    close,
  }
}

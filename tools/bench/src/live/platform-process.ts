import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../../../..')

export interface PlatformProcess {
  readonly api: string
  readonly simulator: string
  readonly dashboard: string
  readonly dataDir: string
  /** Of the command line tool, which supervises the services. */
  readonly pid: number
  /** Addresses of the /metrics of an app's jobs that have told theirs. */
  metricsOf(app: string): Promise<string[]>
  stop(): Promise<void>
}

/** `streamforge up` on a simulated exchange, as a person starts it, in a directory of its own. */
export async function startPlatformProcess(env: Readonly<Record<string, string>>): Promise<PlatformProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-bench-live-'))
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', join(root, 'apps/cli/src/main.ts'),
    'up', '--simulate', '--port', '0', '--dashboard-port', '0', '--data-dir', dataDir,
  ], { cwd: root, env: { ...process.env, LOG_LEVEL: 'info', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  const up = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line)
      if (line.includes('up; API at')) up.resolve()
    })
  }
  const exited = once(child, 'exit')
  void exited.then(() => up.reject(new Error(`the platform ended before it was ready:\n${said.join('\n')}`)))
  await up.promise
  const text = said.join('\n')
  const address = (pattern: RegExp) => pattern.exec(text)?.[1] ?? ''
  return {
    api: address(/API at (http:[^\s;]+)/), dashboard: address(/dashboard at (http:[^\s;]+)/), simulator: address(/exchange-simulator +ready +(http:\S+)/),
    dataDir, pid: child.pid!,
    metricsOf: (app) => metricsAddresses(join(dataDir, 'jobs'), app),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
      if (!process.env.KEEP_DATA) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Jobs take any free port and log it. */
async function metricsAddresses(directory: string, app: string): Promise<string[]> {
  const logs = (await readdir(directory)).filter((name) => name.endsWith('.log'))
  const texts = await Promise.all(logs.map((name) => readFile(join(directory, name), 'utf8')))
  // Jobs that share a process share its log.
  const addresses = texts.flatMap((text) => {
    const line = text.split('\n').find((l) => l.includes('health server listening') && l.includes(`"${app}"`))
    const port = line === undefined ? undefined : (JSON.parse(line) as { port?: number }).port
    return port === undefined ? [] : [`http://127.0.0.1:${port}/metrics`]
  })
  return [...new Set(addresses)]
}

import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../../..')

export interface RunningPlatform {
  /** Of the dashboard. */
  url: string
  /** Of the simulated exchange. */
  exchangeUrl: string
  /** Sets the exchange's faults; those that were set before are taken away. */
  faults(...faults: object[]): Promise<void>
  /** Ends the dashboard's process without warning; its supervisor starts another. */
  killDashboard(): void
  /** Ends a worker's process without warning; false while there is none of this app. */
  killWorker(app: string): boolean
  close(): Promise<void>
}

/** `streamforge up` on a simulated exchange, as a person starts it, in a directory of its own. */
export async function startRunningPlatform(env: Record<string, string> = {}): Promise<RunningPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-dashboard-e2e-'))
  const child = spawn(process.execPath, [
    join(root, 'apps/cli/src/main.ts'), 'up', '--simulate', '--port', '0', '--dashboard-port', '0', '--data-dir', dataDir,
  ], { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  // Whatever becomes of the test, the platform does not outlive it.
  const abandon = () => void child.kill('SIGTERM')
  process.once('exit', abandon)
  let said = ''
  const url = await new Promise<string>((found, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const match = /dashboard at (http:\S+?);/.exec(said)
        if (match) found(match[1]!)
        else if (/dashboard +not started/.test(said)) failed(new Error(said))
      })
    }
    void ended.then(() => failed(new Error(`the platform ended before the dashboard was ready:\n${said}`)))
  })
  const exchangeUrl = /exchange-simulator +ready +(http:\S+)/.exec(said)![1]!
  return {
    url, exchangeUrl,
    async faults(...faults) {
      await fetch(`${exchangeUrl}/_simulator/faults`, { method: 'DELETE' })
      const answer = await fetch(`${exchangeUrl}/_simulator/faults`, { method: 'POST', body: JSON.stringify(faults) })
      if (!answer.ok) throw new Error(`the simulator refused the faults: ${await answer.text()}`)
    },
    killDashboard() {
      const one = processes().find(({ args, parent }) => args.includes('apps/dashboard/src/main.ts') && parent === child.pid)
      if (!one) throw new Error('the dashboard has no process')
      process.kill(one.pid, 'SIGKILL')
    },
    killWorker(app) {
      const all = processes()
      const isOurs = (pid: number): boolean => pid === child.pid || (pid > 1 && isOurs(all.find((p) => p.pid === pid)?.parent ?? 0))
      const one = all.find(({ args, pid }) => args.includes(`apps/${app}/src/main.ts`) && isOurs(pid))
      if (one) process.kill(one.pid, 'SIGKILL')
      return one !== undefined
    },
    async close() {
      process.off('exit', abandon)
      child.kill('SIGTERM')
      await ended
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Of this machine, now. */
function processes(): { pid: number; parent: number; args: string }[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n').map((line) => {
    const [, pid, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return { pid: Number(pid), parent: Number(parent), args }
  })
}

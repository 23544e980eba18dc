import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { MemorySample } from './memory-trend.ts'

/** What one process used while it was watched. */
export interface ProcessUse {
  /** `loader-ws btcusdt ws_trades`, `exchange-simulator`, `chromium`. */
  readonly name: string
  readonly samples: MemorySample[]
  /** Seconds of processor time since it was first seen; of all threads. */
  cpuSeconds: number
  /** Seconds that its main thread could have run and found no core free. */
  waitedSeconds: number
}

export interface ProcessWatch {
  /** Process ids of the services and jobs that run now, by name; not of trees. */
  services(): ReadonlyMap<string, number>
  /** By name; processes of one name are added up. */
  uses(): ReadonlyMap<string, ProcessUse>
  /** Cores that the whole machine kept busy meanwhile, on average, whoever ran on them. */
  machineCores(): number
  stop(): Promise<void>
}

export interface WatchOptions {
  /** Processes with this DATA_DIR in their environment: services and jobs. */
  readonly dataDir: string
  /** Process ids whose descendants are watched too, as one, under a name. */
  readonly trees: () => ReadonlyMap<string, number>
  readonly everyMs?: number
}

interface Seen {
  readonly name: string
  readonly tree: boolean
  /** Clock ticks. */
  readonly firstTicks: number
  readonly firstWait: number
  ticks: number
  /** Seconds. */
  wait: number
  megabytes: number
}

/** Watches memory and processor time of a platform's processes. Linux only: elsewhere nothing is seen. */
export function watchProcesses({ dataDir, trees, everyMs = 2_000 }: WatchOptions): ProcessWatch {
  const uses = new Map<string, ProcessUse>()
  const seen = new Map<number, Seen>()
  const foreign = new Set<number>()
  const begun = performance.now()
  const busyAtFirst = readBusyTicks()
  const look = async () => {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number)
    const parents = new Map<number, number>()
    const stats = new Map<number, ProcessStat>()
    await Promise.all(pids.map(async (pid) => {
      const stat = await readStat(pid)
      if (!stat) return
      parents.set(pid, stat.parent)
      stats.set(pid, stat)
    }))
    const roots = new Map([...trees()].map(([name, pid]) => [pid, name]))
    for (const known of seen.values()) known.megabytes = 0
    for (const [pid, stat] of stats) {
      const known = seen.get(pid)
      if (known) Object.assign(known, { ticks: stat.ticks, megabytes: stat.megabytes, wait: stat.wait })
      else if (!foreign.has(pid)) await meet(pid, stat, treeOf(pid, parents, roots))
    }
    record((performance.now() - begun) / 1000)
  }
  const meet = async (pid: number, { ticks, megabytes, wait }: ProcessStat, tree: string | undefined) => {
    const name = tree ?? await serviceName(pid, dataDir)
    if (name === undefined) foreign.add(pid)
    else seen.set(pid, { name, tree: tree !== undefined, firstTicks: ticks, firstWait: wait, ticks, megabytes, wait })
  }
  const record = (seconds: number) => {
    const sums = new Map<string, { megabytes: number; ticks: number; wait: number }>()
    for (const { name, megabytes, ticks, firstTicks, wait, firstWait } of seen.values()) {
      const sum = sums.get(name) ?? { megabytes: 0, ticks: 0, wait: 0 }
      sums.set(name, { megabytes: sum.megabytes + megabytes, ticks: sum.ticks + ticks - firstTicks, wait: sum.wait + wait - firstWait })
    }
    for (const [name, { megabytes, ticks, wait }] of sums) {
      const use = uses.get(name) ?? { name, samples: [], cpuSeconds: 0, waitedSeconds: 0 }
      uses.set(name, use)
      if (megabytes > 0) use.samples.push({ seconds, megabytes })
      use.cpuSeconds = ticks / ticksASecond()
      use.waitedSeconds = wait
    }
  }
  let looking = look()
  const timer = setInterval(() => { looking = looking.then(look) }, everyMs)
  return {
    uses: () => uses,
    services: () => new Map([...seen].flatMap(([pid, { name, megabytes, tree }]) => (megabytes > 0 && !tree ? [[name, pid] as const] : []))),
    machineCores: () => (readBusyTicks() - busyAtFirst) / ticksASecond() / ((performance.now() - begun) / 1000),
    async stop() {
      clearInterval(timer)
      await looking
    },
  }
}

function treeOf(pid: number, parents: ReadonlyMap<number, number>, roots: ReadonlyMap<number, string>): string | undefined {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) {
    const name = roots.get(at)
    if (name !== undefined) return name
  }
  return undefined
}

interface ProcessStat {
  readonly parent: number
  readonly ticks: number
  readonly megabytes: number
  readonly wait: number
}

async function readStat(pid: number): Promise<ProcessStat | undefined> {
  const [fields, schedule] = await Promise.all([statFields(pid), readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '')])
  if (fields.length < 22) return undefined
  const [parent, user, system, pages] = [1, 11, 12, 21].map((i) => Number(fields[i]))
  // "run time, time spent waiting for a core, time slices", nanoseconds
  const wait = Number(schedule.split(' ')[1] ?? 0) / 1e9
  return { parent: parent!, ticks: user! + system!, megabytes: (pages! * 4096) / 1024 / 1024, wait }
}

/** Whether the system runs a process before all ordinary ones: SCHED_FIFO or SCHED_RR, see sched(7). */
export async function isRealTime(pid: number): Promise<boolean> {
  return ['1', '2'].includes((await statFields(pid))[38] ?? '')
}

/** Of /proc/PID/stat, from the state on: what stands before it, the name in parentheses, may hold anything. */
async function statFields(pid: number): Promise<string[]> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Ticks of all cores that were not idle. */
function readBusyTicks(): number {
  const [, user, nice, system, , , interrupts, softInterrupts, stolen] = readFirstLine('/proc/stat').split(/\s+/).map(Number)
  return (user ?? 0) + (nice ?? 0) + (system ?? 0) + (interrupts ?? 0) + (softInterrupts ?? 0) + (stolen ?? 0)
}

function readFirstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n', 1)[0]!
  } catch {
    return ''
  }
}

async function serviceName(pid: number, dataDir: string): Promise<string | undefined> {
  const [environ, cmdline] = await Promise.all(['environ', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')))
  const env = new Map(environ!.split('\0').map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]))
  const script = cmdline!.split('\0').find((argument) => argument.endsWith('/src/main.ts'))
  if (env.get('DATA_DIR') !== dataDir || !script) return undefined
  return `${basename(dirname(dirname(script)))}${queuesOf(env)}`
}

/** Of a job that runs several, the first and how many more. */
function queuesOf(env: ReadonlyMap<string, string>): string {
  if (env.has('QUEUE_ID')) return ` ${env.get('SYMBOL')!.toLowerCase()} ${env.get('TYPE')}`
  if (!env.has('ASSIGNMENTS')) return ''
  const [first, ...others] = JSON.parse(env.get('ASSIGNMENTS')!) as { symbol: string; type: string }[]
  return ` ${first!.symbol.toLowerCase()} ${first!.type} and ${others.length} more`
}

let ticks: number | undefined
const ticksASecond = () => (ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })))

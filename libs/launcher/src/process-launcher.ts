import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { Assignment, assignmentToEnv, StreamForgeError, type StartCommand } from '@streamforge/contracts'
import { openJobFiles, type JobRecord } from './job-files.ts'
import { rotateLog, tailLog } from './job-log.ts'
import { jobName, type JobInfo, type Launcher } from './launcher.ts'
import { isAlive, processIdentity, signalGroup } from './process-identity.ts'
import { programFor, type Program } from './programs.ts'

export interface ProcessLauncherOptions {
  /** Where job files and logs are: `<data dir>/jobs`. */
  directory: string
  /** The allow-list, by the app part of an image's name. */
  programs: Readonly<Record<string, Program>>
  /** Environment of every job; the assignment is added to it. */
  env: Readonly<Record<string, string | undefined>>
  /** A job's output beyond this moves to `<name>.log.1`, replacing what was there. Default 16 MiB. */
  maxLogBytes?: number
  /** Milliseconds between looks at jobs that an earlier process started. Default 250. */
  pollMs?: number
  /** Milliseconds since the epoch. */
  now?: () => number
}

type Ended = Extract<JobRecord['state'], { status: 'succeeded' | 'failed' }>

/**
 * Jobs as child processes of this machine. Each leads its own process group and writes to its own log file, so it outlives
 * the caller; whoever opens the same directory next finds it by its file. The end of an own child is known at once with its
 * exit status; that of a job started by an earlier process is found by looking, and its status is not known: it counts as
 * failed, and the worker's own events say more. Several processes may look at one directory; only those that called `onExit`
 * record ends, of their own jobs and of those that they found when they opened the directory. Jobs of one group have the same process
 * and one log, under each one's name.
 */
export async function openProcessLauncher(options: ProcessLauncherOptions, openFiles = openJobFiles): Promise<Launcher> {
  const files = await openFiles(options.directory)
  const now = options.now ?? Date.now
  const listeners = new Set<(job: JobInfo) => void>()
  const children = new Map<string, { exited: Promise<void>; detach: () => void }>()
  /** Jobs that this launcher started: their ends are heard, never looked for. */
  const own = new Set<string>()
  let polling: NodeJS.Timeout | undefined
  let pass: Promise<void> = Promise.resolve()
  let deciding: Promise<void> = Promise.resolve()

  /** Ends that could not be written, for the disk is full: told all the same, and written when there is space. */
  const unwritten = new Map<string, JobRecord>()
  const finish = async (record: JobRecord, state: Ended) => {
    const ended = { ...record, state, reported: listeners.size > 0 }
    await files.write(ended).catch(() => unwritten.set(jobName(ended), ended))
    for (const listener of listeners) listener(jobInfo(ended))
  }

  const startChild = async (starts: readonly StartCommand[]) => {
    const [command, ...args] = programFor(starts[0]!.image, options.programs).command
    const names = starts.map(jobName)
    const log = await open(files.logPath(names[0]!), 'a')
    try {
      await files.shareLog(names)
      const child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env: { ...options.env, ...environmentOf(starts) } })
      await once(child, 'spawn')
      return child
    } finally {
      await log.close()
    }
  }

  const watchChild = (records: readonly JobRecord[], child: ChildProcess) => {
    const exited = Promise.withResolvers<void>()
    const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
      const state = exitState(code, signal)
      // Those that were cancelled before have had their end.
      const ending = records.filter((record) => children.has(jobName(record)))
      void Promise.all(ending.map((record) => finish(record, state).catch(() => undefined))).finally(() => {
        for (const record of ending) children.delete(jobName(record))
        exited.resolve()
      })
    }
    child.once('exit', onExit)
    child.unref()
    for (const record of records) children.set(jobName(record), { exited: exited.promise, detach: () => child.off('exit', onExit) })
    // It may have ended while its file was being written: the event is gone then, its status is not.
    if (child.exitCode !== null || child.signalCode !== null) {
      child.off('exit', onExit)
      onExit(child.exitCode, child.signalCode)
    }
  }

  /** Starts one process for those jobs that are not known yet. */
  const launchAll = async (starts: readonly StartCommand[]): Promise<JobInfo[]> => {
    for (const { image } of starts) programFor(image, options.programs)
    const known: JobInfo[] = []
    const fresh: { start: StartCommand; record: JobRecord }[] = []
    const undo = async (cause: unknown): Promise<never> => {
      for (const { start } of fresh) {
        own.delete(jobName(start))
        await files.remove(jobName(start))
      }
      throw launchFailed(starts[0]!, cause)
    }
    for (const start of starts) {
      const { queue_id, target, attempt, image } = start
      const record: JobRecord = { queue_id, target, attempt, image, started_at: now(), state: { status: 'running' }, reported: false }
      const existing = await files.create(record).catch(undo) ? undefined : await files.read(jobName(record))
      if (existing) known.push(jobInfo(existing))
      else fresh.push({ start, record })
    }
    if (fresh.length === 0) return known
    const names = fresh.map(({ start }) => jobName(start))
    for (const name of names) own.add(name)
    const child = await startChild(fresh.map(({ start }) => start)).catch(undo)
    const process_identity = await processIdentity(child.pid!)
    const started = fresh.map(({ record }): JobRecord => ({
      ...record, pid: child.pid!, ...(process_identity !== undefined && { process_identity }), ...(names.length > 1 && { group: names }),
    }))
    try {
      for (const record of started) await files.write(record)
    } catch (cause) {
      // Nobody who comes later would know of it.
      signalGroup(child.pid!, 'SIGKILL')
      return await undo(cause)
    }
    watchChild(started, child)
    return [...known, ...started.map(jobInfo)]
  }

  const matesOf = async ({ group = [], ...record }: JobRecord): Promise<JobRecord[]> => {
    const mates = await Promise.all(group.filter((name) => name !== jobName(record)).map((name) => files.read(name)))
    return mates.filter((mate) => mate !== undefined).filter((mate) => mate.pid === record.pid && mate.process_identity === record.process_identity && mate.state.status === 'running')
  }

  /** One after another: of two that are cancelled together, one must be the last. Resolves true when the process was left to others. */
  const leaveToOthers = (name: string): Promise<boolean> => {
    const decision = deciding.then(async () => {
      const record = await files.read(name)
      if (record?.state.status !== 'running' || !(await matesOf(record)).length) return false
      children.delete(name)
      adopted?.delete(name)
      await finish(record, leftToOthers)
      return true
    })
    deciding = decision.then(() => undefined, () => undefined)
    return decision
  }

  /** Jobs of an earlier launcher whose ends nobody has been told of, read once: only they have to be looked for. */
  let adopted: Map<string, JobRecord> | undefined
  const look = async () => {
    adopted ??= new Map((await files.readAll()).filter((r) => !r.reported && !own.has(jobName(r))).map((r) => [jobName(r), r]))
    for (const [name, ended] of unwritten) await files.write(ended).then(() => unwritten.delete(name), () => undefined)
    for (const name of [...children.keys(), ...adopted.keys()]) await rotateLog(files.logPath(name), options.maxLogBytes ?? 16 * 1024 * 1024)
    for (const [name, seen] of adopted) {
      if (await isRunning(seen, now())) continue
      const record = await files.read(name)
      if (record && (await isRunning(record, now()))) adopted.set(name, record)
      else {
        adopted.delete(name)
        // Cancelled while the files were being read for the first time: its end has been told.
        if (record && !record.reported) await finish(record, record.state.status === 'running' ? unknownEnd : record.state)
      }
    }
  }
  const poll = () => {
    polling = setTimeout(() => {
      pass = look().catch(() => undefined).finally(() => { if (polling) poll() })
    }, options.pollMs ?? 250)
    polling.unref()
  }

  const launcher: Launcher = {
    kind: 'embedded',
    launch: async (start) => (await launchAll([start]))[0]!,
    launchGroup: launchAll,
    async processMates(job) {
      const record = await files.read(jobName(job))
      return record ? (await matesOf(record)).map(({ queue_id, target, attempt }) => ({ queue_id, target, attempt })) : []
    },
    async cancel(job, { graceMs = 10_000, endProcess = false } = {}) {
      const name = jobName(job)
      const record = await files.read(name)
      if (record?.pid === undefined || record.state.status !== 'running' || (!endProcess && await leaveToOthers(name))) return
      const { pid, process_identity } = record
      const child = children.get(name)
      const gone = child ? child.exited : untilGone(() => isAlive(pid, process_identity))
      if (child || (await isAlive(pid, process_identity))) {
        signalGroup(pid, 'SIGTERM')
        // A process that somebody has stopped hears nothing before it goes on.
        if (process.platform !== 'win32') signalGroup(pid, 'SIGCONT')
      }
      if (!(await within(gone, graceMs))) {
        signalGroup(pid, 'SIGKILL')
        await gone
      }
    },
    async list() {
      const records = await files.readAll()
      return Promise.all(records.map(async (found) => {
        const record = unwritten.get(jobName(found)) ?? found
        const ended = record.state.status === 'running' && !own.has(jobName(record)) && !(await isRunning(record, now()))
        return jobInfo(ended ? { ...record, state: unknownEnd } : record)
      }))
    },
    onExit(callback) {
      listeners.add(callback)
      if (!polling) poll()
      return () => listeners.delete(callback)
    },
    logs: (job, { lines = 50 } = {}) => tailLog(files.logPath(jobName(job)), lines),
    async forget(job) {
      const record = await files.read(jobName(job))
      if (record && (children.has(jobName(job)) || (await isRunning(record, now())))) {
        throw new StreamForgeError('CONFLICT', `job ${jobName(job)} is still running`, { remedy: 'cancel it first' })
      }
      await files.remove(jobName(job))
      unwritten.delete(jobName(job))
      adopted?.delete(jobName(job))
      own.delete(jobName(job))
    },
    async close() {
      clearTimeout(polling)
      polling = undefined
      listeners.clear()
      for (const { detach } of children.values()) detach()
      children.clear()
      own.clear()
      await pass
    },
  }
  return launcher
}

/** Between its file and its process a job has no pid yet; when that lasts, whoever was starting it has died. */
const startingMs = 5_000
async function isRunning(record: JobRecord, now: number): Promise<boolean> {
  if (record.state.status !== 'running') return false
  if (record.pid === undefined) return now - record.started_at < startingMs
  return isAlive(record.pid, record.process_identity)
}

const unknownEnd: Ended = {
  status: 'failed', exitCode: undefined, signal: undefined,
  reason: 'ended while nobody was watching; its exit status is not known',
}

const leftToOthers: Ended = {
  status: 'failed', exitCode: undefined, signal: 'SIGTERM', reason: 'cancelled; its process goes on with other jobs',
}

/** The list is read by workers that may share a process; a job alone is told in the variables that every worker reads. */
function environmentOf(starts: readonly StartCommand[]): Record<string, string> {
  if (starts.length === 1) return assignmentToEnv(starts[0]!)
  return { ASSIGNMENTS: JSON.stringify(starts.map((start) => Assignment.strip().parse(start))) }
}

function exitState(code: number | null, signal: NodeJS.Signals | null): Ended {
  if (code === 0) return { status: 'succeeded' }
  const reason = signal ? `killed by ${signal}` : `exit code ${code}`
  return { status: 'failed', exitCode: code ?? undefined, signal: signal ?? undefined, reason }
}

function jobInfo(record: JobRecord): JobInfo {
  const { queue_id, target, attempt, state, pid } = record
  return { name: jobName(record), queue_id, target, attempt, state, startedAt: record.started_at, ...(pid !== undefined && { pid }) }
}

/** Nothing is wrong with the job: there is no space now. */
const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

function launchFailed(start: StartCommand, cause: unknown): StreamForgeError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  if (fullCodes.has((cause as { code?: unknown } | undefined)?.code)) {
    return new StreamForgeError('LAUNCHER_UNAVAILABLE', `the launcher has no space for the job's files: ${reason}`, {
      cause, remedy: 'make space on the disk of the data directory; the launch is tried again', details: { queue_id: start.queue_id },
    })
  }
  return new StreamForgeError('LAUNCH_FAILED', `the program for image '${start.image}' did not start: ${reason}`, {
    cause, remedy: 'the command of this image must be a program that this machine has', details: { queue_id: start.queue_id },
  })
}

async function untilGone(alive: () => Promise<boolean>): Promise<void> {
  while (await alive()) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Whether the promise resolved within so many milliseconds. */
async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  const timer = Promise.withResolvers<boolean>()
  const timeout = setTimeout(() => timer.resolve(false), ms)
  try {
    return await Promise.race([promise.then(() => true), timer.promise])
  } finally {
    clearTimeout(timeout)
  }
}


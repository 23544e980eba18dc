import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { assignmentToEnv, StreamForgeError, type StartCommand } from '@streamforge/contracts'
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
 * record ends, of their own jobs and of those that they found when they opened the directory.
 */
export async function openProcessLauncher(options: ProcessLauncherOptions): Promise<Launcher> {
  const files = await openJobFiles(options.directory)
  const now = options.now ?? Date.now
  const listeners = new Set<(job: JobInfo) => void>()
  const children = new Map<string, { exited: Promise<void>; detach: () => void }>()
  /** Jobs that this launcher started: their ends are heard, never looked for. */
  const own = new Set<string>()
  let polling: NodeJS.Timeout | undefined
  let pass: Promise<void> = Promise.resolve()

  const finish = async (record: JobRecord, state: Ended) => {
    const ended = { ...record, state, reported: listeners.size > 0 }
    await files.write(ended)
    for (const listener of listeners) listener(jobInfo(ended))
  }

  const startChild = async (record: JobRecord, start: StartCommand) => {
    const [command, ...args] = programFor(start.image, options.programs).command
    const log = await open(files.logPath(jobName(record)), 'a')
    try {
      const env = { ...options.env, ...assignmentToEnv(start) }
      const child = spawn(command, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env })
      await once(child, 'spawn')
      return child
    } finally {
      await log.close()
    }
  }

  const watchChild = (record: JobRecord, child: ChildProcess) => {
    const name = jobName(record)
    const exited = Promise.withResolvers<void>()
    const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
      const state = exitState(code, signal)
      void finish(record, state).catch(() => undefined).finally(() => {
        children.delete(name)
        exited.resolve()
      })
    }
    child.once('exit', onExit)
    child.unref()
    children.set(name, { exited: exited.promise, detach: () => child.off('exit', onExit) })
    // It may have ended while its file was being written: the event is gone then, its status is not.
    if (child.exitCode !== null || child.signalCode !== null) {
      child.off('exit', onExit)
      onExit(child.exitCode, child.signalCode)
    }
  }

  /** Jobs of an earlier launcher whose ends nobody has been told of, read once: only they have to be looked for. */
  let adopted: Map<string, JobRecord> | undefined
  const look = async () => {
    adopted ??= new Map((await files.readAll()).filter((r) => !r.reported && !own.has(jobName(r))).map((r) => [jobName(r), r]))
    for (const name of [...children.keys(), ...adopted.keys()]) await rotateLog(files.logPath(name), options.maxLogBytes ?? 16 * 1024 * 1024)
    for (const [name, seen] of adopted) {
      if (await isRunning(seen, now())) continue
      const record = await files.read(name)
      if (record && (await isRunning(record, now()))) adopted.set(name, record)
      else {
        adopted.delete(name)
        if (record) await finish(record, record.state.status === 'running' ? unknownEnd : record.state)
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
    async launch(start) {
      programFor(start.image, options.programs)
      const { queue_id, target, attempt, image } = start
      const record: JobRecord = { queue_id, target, attempt, image, started_at: now(), state: { status: 'running' }, reported: false }
      if (!(await files.create(record))) {
        const existing = await files.read(jobName(record))
        if (existing) return jobInfo(existing)
      }
      own.add(jobName(record))
      const child = await startChild(record, start).catch(async (cause: unknown) => {
        own.delete(jobName(record))
        await files.remove(jobName(record))
        throw launchFailed(start, cause)
      })
      const identity = await processIdentity(child.pid!)
      const started = { ...record, pid: child.pid!, ...(identity !== undefined && { process_identity: identity }) }
      await files.write(started)
      watchChild(started, child)
      return jobInfo(started)
    },
    async cancel(job, { graceMs = 10_000 } = {}) {
      const name = jobName(job)
      const record = await files.read(name)
      if (record?.pid === undefined || record.state.status !== 'running') return
      const { pid, process_identity } = record
      const child = children.get(name)
      const gone = child ? child.exited : untilGone(() => isAlive(pid, process_identity))
      if (child || (await isAlive(pid, process_identity))) signalGroup(pid, 'SIGTERM')
      if (!(await within(gone, graceMs))) {
        signalGroup(pid, 'SIGKILL')
        await gone
      }
    },
    async list() {
      const records = await files.readAll()
      return Promise.all(records.map(async (record) => {
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

function exitState(code: number | null, signal: NodeJS.Signals | null): Ended {
  if (code === 0) return { status: 'succeeded' }
  const reason = signal ? `killed by ${signal}` : `exit code ${code}`
  return { status: 'failed', exitCode: code ?? undefined, signal: signal ?? undefined, reason }
}

function jobInfo(record: JobRecord): JobInfo {
  const { queue_id, target, attempt, state, pid } = record
  return { name: jobName(record), queue_id, target, attempt, state, startedAt: record.started_at, ...(pid !== undefined && { pid }) }
}

function launchFailed(start: StartCommand, cause: unknown): StreamForgeError {
  const reason = cause instanceof Error ? cause.message : String(cause)
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


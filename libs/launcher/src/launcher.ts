import type { StartCommand } from '@streamforge/contracts'

/** The job launcher port: Kubernetes Jobs on a cluster, child processes on a laptop. */
export interface JobName {
  queue_id: string
  target: string
  attempt: number
}

export type JobState =
  | { status: 'running' }
  | { status: 'succeeded' }
  | { status: 'failed'; exitCode: number | undefined; signal: string | undefined; reason: string }

export interface JobInfo extends JobName {
  /** Stable name, made from the three parts of JobName. */
  name: string
  state: JobState
  startedAt: number
  /** Process id of a child process; absent on a cluster. */
  pid?: number
}

/** The stable name of a job: `<queue_id>--<target>--<attempt>`. */
export const jobName = (job: JobName) => `${job.queue_id}--${job.target}--${job.attempt}`

export interface Launcher {
  readonly kind: 'embedded' | 'kubernetes'
  /**
   * Starts the worker that `start.image` names with the assignment in its environment. Launching a name that exists already,
   * running or ended, changes nothing: this is what makes a repeated launch command harmless.
   * @throws StreamForgeError IMAGE_NOT_ALLOWED, LAUNCH_FAILED
   */
  launch(start: StartCommand): Promise<JobInfo>
  /**
   * As `launch`, for jobs of one image that share one process, which finds their assignments as a JSON list in ASSIGNMENTS. Each stays a job
   * under its own name: those whose names exist already are left out, and the end of the process is the end of each that has not been
   * cancelled before. Absent: this launcher starts each alone.
   * @throws StreamForgeError IMAGE_NOT_ALLOWED, LAUNCH_FAILED of all of them
   */
  launchGroup?(starts: readonly StartCommand[]): Promise<JobInfo[]>
  /** Other jobs of the job's process that have not ended, as far as the launcher knows: a worker may have ended its part and told so in its events. */
  processMates?(job: JobName): Promise<JobName[]>
  /**
   * Asks the job to stop (SIGTERM), and kills it after `graceMs`. Resolves when it is gone; unknown jobs are gone already. A job that shares its
   * process with others ends for the launcher and leaves the process to them: whoever cancels it tells its worker (a `stop` command with its
   * attempt). The process is ended with the last of its jobs, or when `endProcess` says so: then it ends for all.
   */
  cancel(job: JobName, options?: { graceMs?: number; endProcess?: boolean }): Promise<void>
  /** Jobs known, ended ones included until they are forgotten. Survives a restart of the caller. */
  list(): Promise<JobInfo[]>
  /** Calls back once for every job that ends, also those that ended while nobody was watching. Returns the unsubscribe. */
  onExit(callback: (job: JobInfo) => void): () => void
  /** Last lines of the job's output. */
  logs(job: JobName, options?: { lines?: number }): Promise<string[]>
  /** Forgets ended jobs and their output. */
  forget(job: JobName): Promise<void>
  /** Stops watching; jobs go on. */
  close(): Promise<void>
}

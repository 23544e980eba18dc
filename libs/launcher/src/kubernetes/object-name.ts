import { createHash } from 'node:crypto'
import { z } from 'zod'
import { jobName, type JobName } from '../launcher.ts'

const digest = (text: string, length: number) => createHash('sha256').update(text).digest('hex').slice(0, length)

/**
 * The name of a job's Kubernetes object, such as `btcusdt-api-candles-5m-20240801-a1b2-1f3c09ab7d-2`: a DNS label with room for the
 * pods' suffixes. The start is for people; the digest of the whole {@link jobName} keeps apart what reads the same in lower case.
 */
export function objectName(job: JobName): string {
  return `${readable(job)}-${digest(jobName(job), 10)}-${job.attempt}`
}

/** The name of the object of jobs that share one: the same for the same jobs, and read as the first of them and how many others. */
export function groupName(jobs: readonly [JobName, ...JobName[]]): string {
  return `${readable(jobs[0])}-${digest(jobs.map(jobName).join('\n'), 10)}-and-${jobs.length - 1}`
}

const readable = (job: JobName) =>
  job.queue_id.toLowerCase().replace(/^wf-/, '').replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, 30).replace(/-+$/, '') || 'job'

/** A label's value: the text itself where Kubernetes allows it (63 characters, alphanumeric at both ends), else a shortened one. */
export function labelValue(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(text)) return text
  return `${text.replace(/[^A-Za-z0-9_.-]/g, '-').replace(/^[^A-Za-z0-9]+/, '').slice(0, 52)}${digest(text, 10)}`
}

/** What queue-manager's Jobs and their pods have in common: how it finds them again. */
export const ownLabels = { app: 'streamforge', 'app.kubernetes.io/managed-by': 'queue-manager' } as const
/** On Jobs that several jobs share: how many there were at its start. */
export const groupLabel = 'streamforge.dev/jobs'
export const ownSelector = Object.entries(ownLabels).map(([key, value]) => `${key}=${value}`).join(',')

export const annotations = {
  queueId: 'streamforge.dev/queue-id', target: 'streamforge.dev/target', attempt: 'streamforge.dev/attempt',
  /** Of several jobs that share a Job: their names, as a JSON list. */
  jobs: 'streamforge.dev/jobs',
  /** How the job ended, once known: it outlives the pods that know it. */
  end: 'streamforge.dev/end',
  /** That somebody has been told so. */
  reported: 'streamforge.dev/reported',
} as const

export const nameAnnotations = (job: JobName): Record<string, string> => ({
  [annotations.queueId]: job.queue_id, [annotations.target]: job.target, [annotations.attempt]: String(job.attempt),
})

const Written = z.object({ queue_id: z.string().min(1), target: z.string().min(1), attempt: z.coerce.number().int().positive() })

export const groupAnnotations = (jobs: readonly JobName[]): Record<string, string> => ({
  [annotations.jobs]: JSON.stringify(jobs.map(({ queue_id, target, attempt }) => ({ queue_id, target, attempt }))),
})

/** What {@link nameAnnotations} wrote; undefined for an object that is not ours. */
export function readName(written: Readonly<Record<string, string>>): JobName | undefined {
  return Written.safeParse({ queue_id: written[annotations.queueId], target: written[annotations.target], attempt: written[annotations.attempt] }).data
}

/** What {@link groupAnnotations} wrote; undefined for an object of one job, or one that is not ours. */
export function readGroup(written: Readonly<Record<string, string>>): JobName[] | undefined {
  const text = written[annotations.jobs]
  if (text === undefined) return undefined
  try {
    return z.array(Written).min(1).safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Where it is written down what became of one of several jobs, and whether somebody was told. */
export function memberKeys(job: JobName): { end: string; reported: string; forgotten: string } {
  const own = digest(jobName(job), 16)
  return { end: `end.streamforge.dev/${own}`, reported: `reported.streamforge.dev/${own}`, forgotten: `forgotten.streamforge.dev/${own}` }
}

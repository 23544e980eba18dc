import { Assignment, assignmentToEnv, StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The environments of the workers that this process is to run: its own, or with ASSIGNMENTS (a JSON list of assignments of one venue) one
 * for each.
 * @throws StreamForgeError BAD_CONFIG
 */
export function workerEnvironments(env: Environment): Environment[] {
  const text = env['ASSIGNMENTS']?.trim()
  if (!text) return [env]
  const assignments = parse(text)
  if (new Set(assignments.map((a) => a.venue)).size > 1) throw bad('they are of several venues')
  if (new Set(assignments.map((a) => a.queue_id)).size < assignments.length) throw bad('a queue is named twice')
  return assignments.map((assignment) => ({ ...env, CHECKPOINT: undefined, SHARDS: undefined, HEALTH_PORT: '0', ...assignmentToEnv(assignment) }))
}

function parse(text: string): Assignment[] {
  try {
    return z.array(Assignment.extend({ target: z.literal('loader-producer').default('loader-producer') })).min(1).parse(JSON.parse(text))
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error))
  }
}

const bad = (problem: string) => new StreamForgeError('BAD_CONFIG', `ASSIGNMENTS is not right: ${problem}`, {
  remedy: 'a JSON list of assignments as docs/MESSAGES.md describes them, all of one venue, each of a queue of its own',
})

import { Assignment, assignmentToEnv, assignmentVariables, StreamForgeError, type Target } from '@streamforge/contracts'
import type { Environment } from './load-config.ts'

/**
 * The environments of the workers that this process is to run: its own, or with ASSIGNMENTS (a JSON list of assignments of one target and
 * venue) one for each.
 * @throws StreamForgeError BAD_CONFIG
 */
export function workerEnvironments(env: Environment, target: Target): Environment[] {
  const text = env['ASSIGNMENTS']?.trim()
  if (!text) return [env]
  const assignments = parse(text, target)
  if (new Set(assignments.map((a) => a.venue)).size > 1) throw bad('they are of several venues')
  if (new Set(assignments.map((a) => a.queue_id)).size < assignments.length) throw bad('a queue is named twice')
  return assignments.map((assignment) => ({ ...env, ...unset, ...assignmentToEnv(assignment) }))
}

/** What an assignment may leave out must not come from the process's own environment. */
const unset: Environment = Object.fromEntries(['ASSIGNMENTS', ...assignmentVariables].map((name) => [name, undefined]))

function parse(text: string, target: Target): Assignment[] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (error) {
    throw bad(String(error))
  }
  if (!Array.isArray(list) || list.length === 0) throw bad('it is no list with something in it')
  return list.map((given: unknown, index) => {
    const parsed = Assignment.safeParse(typeof given === 'object' ? { target, ...given } : given)
    if (!parsed.success) throw bad(`number ${index + 1}: ${parsed.error.message}`)
    if (parsed.data.target !== target) throw bad(`number ${index + 1} is for ${parsed.data.target}, this is ${target}`)
    return parsed.data
  })
}

const bad = (problem: string) => new StreamForgeError('BAD_CONFIG', `ASSIGNMENTS is not right: ${problem}`, {
  remedy: 'a JSON list of assignments as docs/MESSAGES.md describes them, all of one target and venue, each of a queue of its own',
})

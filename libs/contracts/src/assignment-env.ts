import type { z } from 'zod'
import { StreamForgeError } from './errors.ts'
import { Assignment, type Target } from './queue-control.ts'

type Field = keyof z.infer<typeof Assignment>

/** The variable that carries each field of an assignment. SHARDS and CHECKPOINT are JSON; ATTEMPT, SHARD_INDEX and SHARERS are numbers. */
const variables = {
  workflow_id: 'WORKFLOW_ID', queue_id: 'QUEUE_ID', target: 'TARGET', venue: 'VENUE', symbol: 'SYMBOL', type: 'TYPE',
  time_range: 'TIME_RANGE', kafka_topic: 'KAFKA_TOPIC', collection_name: 'COLLECTION_NAME', telemetry_id: 'TELEMETRY_ID',
  attempt: 'ATTEMPT', shards: 'SHARDS', checkpoint: 'CHECKPOINT', source: 'SOURCE', topic_of: 'TOPIC_OF',
  shard_index: 'SHARD_INDEX', sharers: 'SHARERS', traceparent: 'TRACEPARENT',
} as const satisfies Record<Field, string>

const fields = Object.keys(variables) as Field[]
const [lists, numbers] = [new Set<Field>(['shards', 'checkpoint']), new Set<Field>(['attempt', 'shard_index', 'sharers'])]

/** All of them: what one worker's environment must not pass on to another's. */
export const assignmentVariables: readonly string[] = Object.values(variables)

/** What a launcher puts into a worker's environment. A `start` command is an assignment too. */
export function assignmentToEnv(assignment: Assignment): Record<string, string> {
  const env: Record<string, string> = {}
  for (const field of fields) {
    const value = assignment[field]
    if (value !== undefined) env[variables[field]] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  return env
}

/**
 * Reads what {@link assignmentToEnv} wrote. Empty variables count as absent; TARGET may be absent, the program knows its own.
 * @throws StreamForgeError BAD_CONFIG naming every variable that is missing or wrong
 */
export function assignmentFromEnv(env: Readonly<Record<string, string | undefined>>, target?: Target): Assignment {
  const parsed = Assignment.safeParse({ target, ...readFields(env) })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => {
    const [field, ...path] = issue.path
    const variable = variables[field as Field] ?? 'assignment'
    const where = path.length === 0 ? variable : `${variable} at ${path.join('.')}`
    return env[variable] ? `${where}: ${issue.message}` : `${variable} is missing`
  })
  throw new StreamForgeError('BAD_CONFIG', `the assignment in the environment is not complete: ${problems.join('; ')}`, {
    remedy: 'queue-manager sets these variables when it launches a worker; by hand, set them as docs/MESSAGES.md describes an assignment',
    details: { variables: [...new Set(parsed.error.issues.map((issue) => variables[issue.path[0] as Field]))] },
  })
}

function readFields(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const field of fields) {
    const text = env[variables[field]]?.trim()
    if (text) values[field] = lists.has(field) ? readJson(text) : numbers.has(field) ? Number(text) : text
  }
  return values
}

/** Text that is not JSON goes on as it is, so that the schema refuses it under the variable's name. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

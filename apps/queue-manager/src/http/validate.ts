import { StreamForgeError, type ErrorCode } from '@streamforge/contracts'
import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'

/** Lets a route's schema be zod: fastify calls this for body, params and query. */
export const zodValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => (data: unknown) => {
  const parsed = schema.safeParse(data)
  return parsed.success ? { value: parsed.data } : { error: invalid(parsed.error, httpPart ?? 'body') }
}

/** What is wrong with which field. A body that is JSON but not what is expected is 422; a bad query or path 400. */
function invalid(error: z.ZodError, part: string): StreamForgeError {
  const errors = error.issues.flatMap((issue) => fieldErrors(issue, part))
  const first = errors[0] ?? { field: part, message: error.message }
  const code = part === 'body' ? codeFor(error.issues[0]) : 'BAD_REQUEST'
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new StreamForgeError(code, `${first.field}: ${first.message}${more}`, {
    remedy: 'GET /docs shows what is expected', details: { errors: errors.slice(0, 100) },
  })
}

function fieldErrors(issue: z.core.$ZodIssue, part: string): { field: string; message: string }[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: [...path, key].join('.').slice(0, 200), message: 'there is no such field' }))
  }
  return [{ field: path.join('.') || part, message: issue.message.slice(0, 1_000) }]
}

function codeFor(issue: z.core.$ZodIssue | undefined): ErrorCode {
  if (!issue?.path.length && issue?.code === 'invalid_type') return 'BAD_REQUEST'
  if (issue?.path[0] === 'types' && issue.code === 'invalid_value') return 'UNKNOWN_TYPE'
  return issue?.path[0] === 'time_range' ? 'BAD_TIME_RANGE' : 'INVALID_FIELD'
}

/** @throws StreamForgeError INTERNAL when an answer is not what the contracts promise */
export function checkAnswer(schema: z.ZodType, answer: unknown, operation: string): unknown {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new StreamForgeError('INTERNAL', `the answer of ${operation} breaks its contract at ${issue?.path.join('.')}: ${issue?.message}`)
}

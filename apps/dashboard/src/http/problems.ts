import { errorTable, StreamForgeError, type ErrorCode, type Problem } from '@streamforge/contracts'
import type { z } from 'zod'

export const problemMediaType = 'application/problem+json; charset=utf-8'
/** Codes whose texts may name hosts, paths or other insides: a caller is told that it failed, the log says how. */
const inside: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'BAD_CONFIG', 'HANDLER_FAILED'])

/** An error as RFC 9457 describes it. */
export function problemOf(error: StreamForgeError, instance: string): Problem {
  const { code, details, remedy } = error
  const hidden = inside.has(code)
  const errors = details['errors'] as Problem['errors']
  return {
    type: `docs/ERRORS.md#${code.toLowerCase()}`,
    title: `${code[0]}${code.slice(1).toLowerCase().replaceAll('_', ' ')}`, status: errorTable[code].status, code,
    detail: hidden ? 'something went wrong inside; the log of the dashboard says what' : error.message,
    ...(remedy !== undefined && !hidden && { remedy }),
    instance: instance.slice(0, 500),
    ...(errors?.length && { errors }),
  }
}

/** Any error thrown while answering, as one of ours; what the framework blames on the caller is a bad request. */
export function toApiError(thrown: unknown): StreamForgeError {
  if (thrown instanceof StreamForgeError) return thrown
  const { statusCode, message, code } = thrown as { statusCode?: number; message?: string; code?: string }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new StreamForgeError('BODY_TOO_LARGE', 'the body is larger than 2 MiB', { cause: thrown })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new StreamForgeError('UNSUPPORTED_MEDIA_TYPE', 'the body is not JSON', { cause: thrown })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new StreamForgeError('BAD_REQUEST', message ?? 'bad request', { cause: thrown })
  return new StreamForgeError('INTERNAL', message ?? String(thrown), { cause: thrown })
}

/** @throws StreamForgeError BAD_REQUEST or INVALID_FIELD naming every field that is wrong */
export function checked<S extends z.ZodType>(schema: S, given: unknown, part: 'query' | 'params' | 'body'): z.infer<S> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const errors = parsed.error.issues.slice(0, 100).map((issue) => ({
    field: (issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]] : issue.path).map(String).join('.').slice(0, 200) || part,
    message: issue.message.slice(0, 1_000),
  }))
  throw new StreamForgeError(part === 'body' ? 'INVALID_FIELD' : 'BAD_REQUEST', `${errors[0]!.field}: ${errors[0]!.message}`, { details: { errors } })
}

import { errorTable, StreamForgeError, type ErrorCode, type Problem } from '@streamforge/contracts'
import { z } from 'zod'

export const problemMediaType = 'application/problem+json; charset=utf-8'

/** Where the code alone says which field it is about. */
const fieldOf: Partial<Record<ErrorCode, string>> = { BAD_TIME_RANGE: 'time_range', UNKNOWN_VENUE: 'venue' }
const FieldErrors = z.array(z.object({ field: z.string(), message: z.string() }))
/** Codes whose texts may name hosts, paths or other insides: a caller is told that it failed, the log says how. */
const inside: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'BAD_CONFIG', 'HANDLER_FAILED'])

/** An error as RFC 9457 describes it. */
export function problemOf(error: StreamForgeError, instance: string): Problem {
  const { code, details, remedy } = error
  const given = FieldErrors.safeParse(details['errors'])
  const field = fieldOf[code]
  const fields = given.success ? given.data : field === undefined ? [] : [{ field, message: remedy ?? error.message }]
  const hidden = inside.has(code)
  return {
    type: `docs/ERRORS.md#${code.toLowerCase()}`,
    title: titleOf(code), status: errorTable[code].status, code,
    detail: hidden ? 'something went wrong inside; the log of queue-manager says what' : error.message,
    ...(remedy !== undefined && !hidden && { remedy }),
    instance,
    ...(fields.length > 0 && { errors: fields }),
  }
}

const titleOf = (code: ErrorCode) => `${code[0]}${code.slice(1).toLowerCase().replaceAll('_', ' ')}`

/** Fastify's own errors in our codes. */
const frameworkCodes: Readonly<Record<string, { code: ErrorCode; message: string; remedy: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'BODY_TOO_LARGE', message: 'the body is larger than 1 MiB', remedy: 'send a smaller request; a workflow takes at most 2000 symbols' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'UNSUPPORTED_MEDIA_TYPE', message: 'the body is not JSON', remedy: "send JSON with 'content-type: application/json'" },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'BAD_REQUEST', message: 'the body is not valid JSON', remedy: 'GET /docs shows what is expected' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'BAD_REQUEST', message: 'the body is not as long as content-length says', remedy: 'send all of it' },
  FST_ERR_BAD_URL: { code: 'BAD_REQUEST', message: 'the path is not a valid URL path', remedy: 'percent-encode it' },
}

/** Any error thrown while answering, as one of ours. */
export function toApiError(thrown: unknown): StreamForgeError {
  if (thrown instanceof StreamForgeError) return thrown
  const { code, statusCode, message } = thrown as { code?: string; statusCode?: number; message?: string }
  const known = code === undefined ? undefined : frameworkCodes[code]
  if (known) return new StreamForgeError(known.code, known.message, { remedy: known.remedy, cause: thrown })
  // What the framework blames on the caller.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new StreamForgeError('BAD_REQUEST', message ?? 'bad request', { cause: thrown })
  return new StreamForgeError('INTERNAL', message ?? String(thrown), { cause: thrown })
}

import { errorTable, StreamForgeError, type ErrorCode, type Problem } from '@streamforge/contracts'

export const problemMediaType = 'application/problem+json; charset=utf-8'
/** Codes whose texts may name paths or other insides: a caller is told that it failed, the log says how. */
const inside: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'BAD_CONFIG'])

/** An error as RFC 9457 describes it. */
export function problemOf(error: StreamForgeError, instance: string): Problem {
  const { code, remedy } = error
  const hidden = inside.has(code)
  return {
    type: `docs/ERRORS.md#${code.toLowerCase()}`,
    title: `${code[0]}${code.slice(1).toLowerCase().replaceAll('_', ' ')}`, status: errorTable[code].status, code,
    detail: hidden ? 'something went wrong inside; the log of the store server says what' : error.message,
    ...(remedy !== undefined && !hidden && { remedy }),
    instance: instance.slice(0, 500),
  }
}

/** Any error thrown while answering, as one of ours; what the framework blames on the caller is a bad request. */
export function toApiError(thrown: unknown): StreamForgeError {
  if (thrown instanceof StreamForgeError) return thrown
  const { statusCode, message, code } = thrown as { statusCode?: number; message?: string; code?: string }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new StreamForgeError('BODY_TOO_LARGE', 'the body is larger than 64 MiB', { cause: thrown })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new StreamForgeError('UNSUPPORTED_MEDIA_TYPE', 'the body is of another type', { cause: thrown })
  if (statusCode === 503) return new StreamForgeError('UNAVAILABLE', 'the store server is stopping', { cause: thrown })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new StreamForgeError('BAD_REQUEST', message ?? 'bad request', { cause: thrown })
  return new StreamForgeError('INTERNAL', message ?? String(thrown), { cause: thrown })
}

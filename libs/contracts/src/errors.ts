/**
 * Every error that StreamForge itself raises, by code. The table is closed: docs/ERRORS.md documents each row and a test
 * fails when one is missing there. `status` is the HTTP status where the error reaches a person through the API;
 * `retryable` tells the orchestrator whether another attempt may succeed.
 */
export const errorTable = {
  BAD_REQUEST: { status: 400, retryable: false },
  UNKNOWN_TYPE: { status: 422, retryable: false },
  UNKNOWN_VENUE: { status: 422, retryable: false },
  UNKNOWN_SYMBOL: { status: 422, retryable: false },
  BAD_TIME_RANGE: { status: 422, retryable: false },
  INVALID_FIELD: { status: 422, retryable: false },
  BODY_TOO_LARGE: { status: 413, retryable: false },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, retryable: false },
  HEADERS_TOO_LARGE: { status: 431, retryable: false },
  REQUEST_TIMEOUT: { status: 408, retryable: true },
  TOO_MANY_REQUESTS: { status: 429, retryable: true },
  NOT_AUTHENTICATED: { status: 401, retryable: false },
  NOT_ALLOWED: { status: 403, retryable: false },
  NOT_FOUND: { status: 404, retryable: false },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false },
  CONFLICT: { status: 409, retryable: false },
  QUOTA_EXCEEDED: { status: 409, retryable: false },
  INTERNAL: { status: 500, retryable: true },
  UNAVAILABLE: { status: 503, retryable: true },
  NOT_LEADER: { status: 503, retryable: true },

  BAD_DATA_FILE: { status: 500, retryable: false },
  BAD_CONFIG: { status: 500, retryable: false },
  BUS_UNAVAILABLE: { status: 503, retryable: true },
  BUS_CLOSED: { status: 503, retryable: true },
  TOPIC_NOT_FOUND: { status: 404, retryable: false },
  TOPIC_EXISTS: { status: 409, retryable: false },
  OFFSET_OUT_OF_RANGE: { status: 409, retryable: false },
  NOT_PARTITION_OWNER: { status: 409, retryable: true },
  MESSAGE_TOO_LARGE: { status: 413, retryable: false },
  BAD_MESSAGE: { status: 422, retryable: false },
  HANDLER_FAILED: { status: 500, retryable: true },

  STORE_UNAVAILABLE: { status: 503, retryable: true },
  STORE_CONFLICT: { status: 409, retryable: true },
  STORE_REJECTED: { status: 422, retryable: false },
  COLLECTION_NOT_FOUND: { status: 404, retryable: false },
  OBJECT_NOT_FOUND: { status: 404, retryable: false },
  BACKUP_DAMAGED: { status: 500, retryable: false },
  RESTORE_DIFFERS: { status: 500, retryable: true },

  LAUNCH_FAILED: { status: 500, retryable: true },
  LAUNCHER_UNAVAILABLE: { status: 503, retryable: true },
  IMAGE_NOT_ALLOWED: { status: 422, retryable: false },
  WORKER_LOST: { status: 500, retryable: true },
  WORKER_SILENT: { status: 500, retryable: true },
  WORKER_STUCK: { status: 500, retryable: true },
  ATTEMPTS_EXHAUSTED: { status: 500, retryable: false },
  HEALING_BUDGET_SPENT: { status: 500, retryable: false },

  VENUE_UNREACHABLE: { status: 503, retryable: true },
  VENUE_RATE_LIMITED: { status: 503, retryable: true },
  VENUE_BANNED: { status: 503, retryable: true },
  VENUE_REJECTED: { status: 422, retryable: false },
  VENUE_BAD_RESPONSE: { status: 502, retryable: true },
  ARCHIVE_CHECKSUM: { status: 502, retryable: true },

  FEED_FILE_INVALID: { status: 422, retryable: false },
  FEED_NOT_ALLOWED: { status: 422, retryable: false },
  FEED_SECRET_MISSING: { status: 500, retryable: false },
  FEED_DNS_FAILED: { status: 503, retryable: true },
  FEED_UNREACHABLE: { status: 503, retryable: true },
  FEED_TIMEOUT: { status: 503, retryable: true },
  FEED_RATE_LIMITED: { status: 503, retryable: true },
  FEED_SOURCE_FAILED: { status: 503, retryable: true },
  FEED_REJECTED: { status: 422, retryable: false },
  FEED_TOO_LARGE: { status: 502, retryable: false },
  FEED_CUT_SHORT: { status: 502, retryable: true },
  FEED_WRONG_TYPE: { status: 502, retryable: false },
  FEED_BAD_ANSWER: { status: 502, retryable: false },
  FEED_CLOCK_SKEW: { status: 502, retryable: false },

  STAGE_INPUT_MISSING: { status: 409, retryable: false },
  TOO_FEW_BARS: { status: 422, retryable: false },
  NO_DATA: { status: 422, retryable: false },
  BAD_TRAINING_DATA: { status: 422, retryable: false },
  CONSTANT_SERIES: { status: 422, retryable: false },
  NO_VOLUME: { status: 422, retryable: false },
  CAPITAL_TOO_SMALL: { status: 422, retryable: false },
  BACKEND_UNAVAILABLE: { status: 500, retryable: false },
  MODEL_CORRUPT: { status: 500, retryable: false },
  MODEL_MISMATCH: { status: 422, retryable: false },
  REGISTRY_UNAVAILABLE: { status: 503, retryable: true },
  REPLAY_IMPOSSIBLE: { status: 409, retryable: false },
  CANARY_FAILED: { status: 502, retryable: false },

  DELIVERY_FAILED: { status: 502, retryable: true },
  DELIVERY_REFUSED: { status: 502, retryable: false },

  RECONCILIATION_MISMATCH: { status: 500, retryable: true },
  CERTIFICATE_INCOMPLETE: { status: 500, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>

export type ErrorCode = keyof typeof errorTable
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]

/**
 * An error with a code of {@link errorTable}. `message` says what was wrong, where and what was expected; `remedy` says
 * what to do; `details` carries machine-readable facts. Never put a secret in any of them.
 */
export class StreamForgeError extends Error {
  override readonly name = 'StreamForgeError'
  readonly code: ErrorCode
  readonly remedy: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; remedy?: string; details?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.remedy = options.remedy
    this.details = options.details ?? {}
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }

  get status(): number {
    return errorTable[this.code].status
  }
}

/** The same error if it is coded, otherwise one with `fallback` as its code and the original as its cause. */
export function toStreamForgeError(error: unknown, fallback: ErrorCode = 'INTERNAL'): StreamForgeError {
  if (error instanceof StreamForgeError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StreamForgeError(fallback, message, { cause: error })
}

import { StreamForgeError } from '@streamforge/contracts'
import { ArangoError, HttpError, NetworkError } from 'arangojs/errors'
import { collectionNotFound, graphNotFound } from '../names.ts'

/** ArangoDB's error numbers that the adapter acts on. */
export const errorNumber = {
  conflict: 1200,
  documentNotFound: 1202,
  collectionNotFound: 1203,
  duplicateName: 1207,
  uniqueConstraint: 1210,
  databaseNotFound: 1228,
  cursorNotFound: 1600,
  graphNotFound: 1924,
  graphExists: 1925,
} as const

// Besides a conflict: lock timeout, locked, deadlock, write throttling, try again, engine busy.
const passing = new Set<number>([errorNumber.conflict, 18, 28, 29, 1236, 1302, 1303])

// The server starts or is in maintenance, a shard's new leader is being chosen, or another server leads: none of them has done anything.
const refusedForNow = new Set<number>([503, 1495, 1496])

/** Whether the server has left the request undone and may take it a moment later: then sending it again repeats nothing. */
export const isRefusedForNow = (error: unknown) =>
  (error instanceof ArangoError && refusedForNow.has(error.errorNum)) || (error instanceof HttpError && error.code === 503)

/** Whether the same write may succeed a moment later. */
export const isPassing = (number: number) => passing.has(number)

export const isArangoError = (error: unknown, number?: number): error is ArangoError =>
  error instanceof ArangoError && (number === undefined || error.errorNum === number)

/** What the failed call was about. `server` is the address without credentials. */
export interface CallContext {
  server: string
  collection?: string
  graph?: string
}

/**
 * The driver's error as one with a code. The driver's own errors hold the request with its authorization header, so they do
 * not become the cause: only their text does.
 */
export function fromArango(error: unknown, context: CallContext): unknown {
  if (error instanceof ArangoError) return fromServer(error, context)
  if (!(error instanceof NetworkError)) return error
  const cause = withoutRequest(error)
  if (error instanceof HttpError) return fromStatus(error.code, error.message, context, cause)
  const reason = systemCode(error) ?? error.message
  return new StreamForgeError('STORE_UNAVAILABLE', `ArangoDB at ${context.server} does not answer: ${reason}`, {
    cause, remedy: 'see whether the server runs and ARANGO_URL is right',
  })
}

function fromServer(error: ArangoError, context: CallContext): StreamForgeError {
  const cause = withoutRequest(error)
  const details = { errorNum: error.errorNum, ...(context.collection === undefined ? {} : { collection: context.collection }) }
  if (error.errorNum === errorNumber.collectionNotFound && context.collection !== undefined) return collectionNotFound(context.collection, cause)
  if (error.errorNum === errorNumber.graphNotFound && context.graph !== undefined) return graphNotFound(context.graph, cause)
  if (isPassing(error.errorNum)) {
    return new StreamForgeError('STORE_CONFLICT', `ArangoDB reports a write conflict: ${error.message}`, { cause, details, remedy: 'try again' })
  }
  if (error.errorNum === errorNumber.databaseNotFound) {
    return new StreamForgeError('BAD_CONFIG', `the database does not exist on ${context.server}`, { cause, details, remedy: 'see ARANGO_DATABASE' })
  }
  return fromStatus(error.code ?? 500, error.message, context, cause, details)
}

function fromStatus(
  status: number, message: string, context: CallContext, cause: Error, details: Record<string, unknown> = {},
): StreamForgeError {
  if (status === 401 || status === 403) {
    return new StreamForgeError('BAD_CONFIG', `ArangoDB at ${context.server} refuses this user: ${message}`, {
      cause, details, remedy: "see ARANGO_USER, ARANGO_PASSWORD and the user's rights on the database",
    })
  }
  if (status >= 500 || status === 408 || status === 429) {
    return new StreamForgeError('STORE_UNAVAILABLE', `ArangoDB at ${context.server} failed with status ${status}: ${message}`, { cause, details })
  }
  return new StreamForgeError('STORE_REJECTED', `ArangoDB refused the request: ${message}`, { cause, details: { status, ...details } })
}

function withoutRequest(error: Error): Error {
  const plain = new Error(error.message)
  plain.name = error.name
  return plain
}

/** `ECONNREFUSED` and the like, from the innermost cause. */
function systemCode(error: unknown): string | undefined {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if ('code' in inner && typeof inner.code === 'string') return inner.code
  }
  return undefined
}

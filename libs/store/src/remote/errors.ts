import { Problem, StreamForgeError } from '@streamforge/contracts'
import { collectionNotFound } from '../names.ts'

/** What became of one request: an answer with a status, or no answer. */
export type Outcome = { status: number; body: string } | { failure: unknown }

const passingStatuses = new Set([408, 429, 502, 503, 504])

/** Whether the same request may succeed a moment later: the server is starting, stopping, or not there. */
export const isPassing = (outcome: Outcome) => 'failure' in outcome || passingStatuses.has(outcome.status)

/** Why a request failed, with the code that the port promises. `server` is the address without credentials. */
export function toStoreError(outcome: Outcome, about: { server: string; collection?: string | undefined }): StreamForgeError {
  if ('failure' in outcome) {
    return new StreamForgeError('STORE_UNAVAILABLE', `the store server at ${about.server} does not answer: ${reasonOf(outcome.failure)}`, {
      cause: outcome.failure, remedy: 'see whether it runs and STORE_URL is right',
    })
  }
  const { status, body } = outcome
  if (status === 401 || status === 403) {
    return new StreamForgeError('BAD_CONFIG', `the store server at ${about.server} refuses the token`, { remedy: 'give STORE_TOKEN as the server has it' })
  }
  const problem = readProblem(body)
  if (!problem) return new StreamForgeError('STORE_UNAVAILABLE', `the store server at ${about.server} failed with status ${status}`, { details: { status } })
  if (problem.code === 'COLLECTION_NOT_FOUND' && about.collection !== undefined) return collectionNotFound(about.collection)
  const ours = problem.code.startsWith('STORE_') || problem.code === 'COLLECTION_NOT_FOUND'
  const code = ours ? problem.code : status >= 500 ? 'STORE_UNAVAILABLE' : 'STORE_REJECTED'
  return new StreamForgeError(code, problem.detail, { ...(problem.remedy !== undefined && { remedy: problem.remedy }), details: { status } })
}

export function notAStoreServer(server: string, cause: unknown): StreamForgeError {
  return new StreamForgeError('STORE_UNAVAILABLE', `what answers at ${server} is no store server that we understand`, {
    cause, remedy: 'see STORE_URL, and that server and services are of one version',
  })
}

function readProblem(body: string): Problem | undefined {
  try {
    return Problem.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

/** `ECONNREFUSED` and the like, from the innermost cause. */
function reasonOf(error: unknown): string {
  let reason = error instanceof Error ? error.message : String(error)
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if ('code' in inner && typeof inner.code === 'string') reason = inner.code
  }
  return reason
}

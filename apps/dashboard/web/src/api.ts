import type { Problem } from '@streamforge/contracts'

/** What the server refused, in its own words. */
export class ApiProblem extends Error {
  readonly problem: Partial<Problem> & { detail: string }

  constructor(problem: Partial<Problem> & { detail: string }) {
    super(problem.detail)
    this.problem = problem
  }
}

const signedOutListeners = new Set<() => void>()
/** Calls back whenever the server does not know who asks. */
export const onSignedOut = (listener: () => void): void => void signedOutListeners.add(listener)

/** @throws ApiProblem also where nobody answers */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await (await ask(path, signal ? { signal } : {})).json() as T
}

/** @throws ApiProblem */
export async function sendJson<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T | undefined> {
  const response = await ask(path, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
  return response.status === 204 ? undefined : await response.json() as T
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((cause: unknown) => {
    if (init.signal?.aborted) throw cause
    throw new ApiProblem({ detail: 'The dashboard’s server does not answer.', remedy: 'Is it running? The page goes on by itself when it is back.' })
  })
  if (response.ok) return response
  if (response.status === 401) for (const listener of signedOutListeners) listener()
  const problem = await response.json().catch(() => undefined) as Problem | undefined
  throw new ApiProblem(problem?.detail ? problem : withoutDocument(response))
}

/** What something between the page and its server has refused, which tells no more than the status and perhaps when to come back. */
function withoutDocument({ status, headers }: Response): { detail: string; remedy?: string } {
  const after = headers.get('retry-after')
  const detail = status === 429 ? 'Too many requests.' : `The server answered ${status}.`
  return /^\d{1,6}$/.test(after ?? '') ? { detail, remedy: `Try again in ${after} s.` } : { detail }
}

import { StreamForgeError } from '@streamforge/contracts'

export interface MlflowOptions {
  /** Such as http://127.0.0.1:5000. */
  url: string
  /** Either a token, or a user name and a password; none for an open server. */
  credentials?: { token: string } | { username: string; password: string }
}

/** MLflow's REST API 2.0, as far as the registry needs it. Numbers that are 64 bits wide come as text. */
export interface MlflowClient {
  post<Answer>(path: string, body: object): Promise<Answer>
  get<Answer>(path: string, query: Readonly<Record<string, string>>): Promise<Answer>
  /** The same; undefined where MLflow answers RESOURCE_DOES_NOT_EXIST. */
  find<Answer>(path: string, query: Readonly<Record<string, string>>): Promise<Answer | undefined>
}

const timeoutMs = 20_000

/** Every failure is a StreamForgeError: REGISTRY_UNAVAILABLE when it may pass, BAD_REQUEST when MLflow refuses. */
export function mlflowClient({ url, credentials }: MlflowOptions): MlflowClient {
  const address = (path: string) => `${url.replace(/\/+$/, '')}/api/2.0/mlflow/${path}`
  const headers = { 'content-type': 'application/json', ...(credentials && { authorization: authorization(credentials) }) }
  const get = async <Answer>(path: string, query: Readonly<Record<string, string>>) =>
    await call(`${address(path)}?${new URLSearchParams(query)}`, { headers }) as Answer
  return {
    post: async <Answer>(path: string, body: object) => await call(address(path), { method: 'POST', headers, body: JSON.stringify(body) }) as Answer,
    get,
    find: (path, query) => get<never>(path, query).catch((error: unknown) => {
      if (error instanceof StreamForgeError && error.details.error_code === 'RESOURCE_DOES_NOT_EXIST') return undefined
      throw error
    }),
  }
}

function authorization(credentials: NonNullable<MlflowOptions['credentials']>): string {
  if ('token' in credentials) return `Bearer ${credentials.token}`
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}

async function call(url: string, request: RequestInit): Promise<unknown> {
  const endpoint = new URL(url).pathname
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    throw unavailable(`MLflow does not answer ${endpoint}`, error)
  })
  const text = await answer.text()
  if (answer.ok) return JSON.parse(text)
  const { error_code, message } = readError(text)
  if (answer.status >= 500 || answer.status === 429) throw unavailable(`MLflow answered ${answer.status} to ${endpoint}: ${message}`)
  throw new StreamForgeError('BAD_REQUEST', `MLflow refused ${endpoint} with ${answer.status}: ${message}`, {
    remedy: answer.status === 401 || answer.status === 403 ? 'look at the credentials for MLflow' : 'look at the version of the MLflow server', details: { error_code },
  })
}

function readError(text: string): { error_code: string; message: string } {
  try {
    const { error_code, message } = JSON.parse(text) as Record<string, unknown>
    return { error_code: String(error_code), message: String(message).slice(0, 500) }
  } catch {
    return { error_code: 'UNKNOWN', message: text.slice(0, 200) }
  }
}

const unavailable = (message: string, cause?: unknown) => new StreamForgeError('REGISTRY_UNAVAILABLE', message, {
  cause, remedy: 'look at MLFLOW_TRACKING_URI and the server, or unset it to do without MLflow',
})

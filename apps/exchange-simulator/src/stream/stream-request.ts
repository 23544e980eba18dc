/** The most streams that one connection may have. */
export const mostStreams = 1024

export type RequestId = number | string | null
export type StreamRequest =
  | { readonly method: 'SUBSCRIBE' | 'UNSUBSCRIBE'; readonly streams: readonly string[]; readonly id: RequestId }
  | { readonly method: 'LIST_SUBSCRIPTIONS' | 'GET_PROPERTY'; readonly id: RequestId }
  | { readonly method: 'SET_PROPERTY'; readonly combined: boolean; readonly id: RequestId }

/** A client's message that is no request, with the venue's answer to it. */
export class StreamRequestError extends Error {
  override readonly name = 'StreamRequestError'
  readonly code: number
  readonly id: RequestId | undefined

  constructor(code: number, message: string, id?: RequestId) {
    super(message)
    this.code = code
    this.id = id
  }

  get answer(): string {
    return JSON.stringify({ error: { code: this.code, msg: this.message }, ...(this.id !== undefined && { id: this.id }) })
  }
}

const methods = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const
type Method = (typeof methods)[number]
const isMethod = (value: unknown): value is Method => (methods as readonly unknown[]).includes(value)

/** @throws StreamRequestError with Binance's codes: 3 for what is no JSON, 2 for what is no request, 0 and 1 for properties */
export function parseStreamRequest(text: string): StreamRequest {
  const fields = objectOf(text)
  const { method, params, id } = fields
  if (!isId(id)) throw new StreamRequestError(2, 'Invalid request: request ID must be an unsigned integer')
  if (method === undefined) throw new StreamRequestError(2, `Invalid request: missing field \`method\` at line 1 column ${text.length}`, id)
  if (!isMethod(method)) {
    const expected = methods.map((name) => `\`${name}\``).join(', ')
    throw new StreamRequestError(2, `Invalid request: unknown variant \`${String(method)}\`, expected one of ${expected} at line 1 column ${text.length}`, id)
  }
  switch (method) {
    case 'LIST_SUBSCRIPTIONS': return { method, id }
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE': return { method, streams: streamsOf(params, id), id }
    case 'GET_PROPERTY':
      checkProperty(params, id)
      return { method, id }
    case 'SET_PROPERTY': {
      const [, combined] = checkProperty(params, id)
      if (typeof combined !== 'boolean') throw new StreamRequestError(1, 'Invalid value type: expected Boolean', id)
      return { method, combined, id }
    }
    default: return method satisfies never
  }
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new StreamRequestError(3, 'Invalid JSON: expected value at line 1 column 1')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new StreamRequestError(2, 'Invalid request: expected an object at line 1 column 1')
}

const isId = (id: unknown): id is RequestId =>
  id === null || (typeof id === 'string' && /^[A-Za-z0-9_-]{1,36}$/.test(id)) || (Number.isSafeInteger(id) && (id as number) >= 0)

function streamsOf(params: unknown, id: RequestId): string[] {
  if (!Array.isArray(params) || !params.every((name) => typeof name === 'string')) {
    throw new StreamRequestError(2, 'Invalid request: params must be a list of stream names', id)
  }
  if (params.length > mostStreams) throw new StreamRequestError(2, 'Invalid request: too many parameters', id)
  return params
}

function checkProperty(params: unknown, id: RequestId): unknown[] {
  const [name] = Array.isArray(params) ? (params as unknown[]) : []
  if (typeof name !== 'string') throw new StreamRequestError(2, 'Invalid request: property name must be a string', id)
  if (name !== 'combined') throw new StreamRequestError(0, 'Unknown property', id)
  return params as unknown[]
}

import { setTimeout as sleep } from 'node:timers/promises'
import { documentLinesType, rememberedAnswerMs, storeOperations, StreamForgeError, type StoreAnswer, type StoreOperationName, type StoreRequest } from '@streamforge/contracts'
import { Agent } from 'undici'
import { storeClosed } from '../names.ts'
import { isPassing, notAStoreServer, toStoreError, type Outcome } from './errors.ts'

export interface RemoteStoreOptions {
  /** Of the store server, such as http://store:8087; a path is a prefix. */
  url: string
  /** The server's STORE_TOKEN. */
  token: string
  /** How long a call goes on while the server is away, in milliseconds; default 60 000, at most five minutes. */
  patienceMs?: number
  /** How long the server may take for one request, in milliseconds; default 30 000. */
  requestTimeoutMs?: number
  random?: () => number
}

/** Requests to one server. Each may be sent several times: those that change something carry an id by which the server knows them again. */
export interface Connection {
  /** @throws StreamForgeError as the server says, STORE_UNAVAILABLE when it did not answer for the time of our patience */
  ask<N extends StoreOperationName>(operation: N, request: StoreRequest<N>): Promise<StoreAnswer<N>>
  /** {@link ask} with a body of another form. */
  send<N extends StoreOperationName>(operation: N, body: string, about: { collection: string }): Promise<StoreAnswer<N>>
  close(): Promise<void>
}

const CONNECTIONS = 16
const FIRST_WAIT_MS = 20
const LONGEST_WAIT_MS = 1000

/** @throws StreamForgeError BAD_CONFIG */
export function connect(options: RemoteStoreOptions): Connection {
  const { token, requestTimeoutMs = 30_000, random = Math.random } = options
  const patienceMs = Math.min(options.patienceMs ?? 60_000, rememberedAnswerMs)
  const { origin, prefix } = readAddress(options.url)
  const agent = new Agent({
    connections: CONNECTIONS, headersTimeout: requestTimeoutMs, bodyTimeout: requestTimeoutMs, connect: { timeout: Math.min(requestTimeoutMs, 5000) }, keepAliveTimeout: 30_000,
  })
  const closing = new AbortController()

  async function once(operation: StoreOperationName, body: string, type: string): Promise<Outcome> {
    try {
      const response = await agent.request({
        origin, path: `${prefix}/store/${operation}`, method: 'POST', body, headers: { 'content-type': type, authorization: `Bearer ${token}` },
      })
      return { status: response.statusCode, body: await response.body.text() }
    } catch (failure) {
      return { failure }
    }
  }

  async function answerOf(operation: StoreOperationName, body: string, type: string, collection: string | undefined): Promise<string> {
    const startedAt = performance.now()
    for (let attempt = 0; ; attempt++) {
      if (closing.signal.aborted) throw storeClosed()
      const outcome = await once(operation, body, type)
      if ('status' in outcome && outcome.status === 200) return outcome.body
      const wait = 1 + random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt)
      if (!isPassing(outcome) || performance.now() - startedAt + wait > patienceMs) throw toStoreError(outcome, { server: origin, collection })
      // Full jitter: the clients of a server that comes back do not all ask at the same moment.
      await sleep(wait, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  async function exchange<N extends StoreOperationName>(operation: N, body: string, type: string, collection: string | undefined): Promise<StoreAnswer<N>> {
    const text = await answerOf(operation, body, type, collection)
    try {
      return storeOperations[operation].answer.parse(JSON.parse(text)) as StoreAnswer<N>
    } catch (cause) {
      throw notAStoreServer(origin, cause)
    }
  }

  return {
    ask: (operation, request) => exchange(operation, JSON.stringify(request), 'application/json', (request as { collection?: string }).collection),
    send: (operation, body, { collection }) => exchange(operation, body, documentLinesType, collection),
    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      await agent.close()
    },
  }
}

function readAddress(text: string): { origin: string; prefix: string } {
  const url = URL.parse(text)
  if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return { origin: url.origin, prefix: url.pathname.replace(/\/$/, '') }
  throw new StreamForgeError('BAD_CONFIG', 'the address of the store server is not an http or https address without credentials', {
    remedy: 'give STORE_URL as http://host:8087, and the token as STORE_TOKEN',
  })
}

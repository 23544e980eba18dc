import { StreamForgeError } from '@streamforge/contracts'

export interface ServerLimits {
  /** Bytes of the request line and all headers. */
  maxHeaderSize: number
  /** Milliseconds in which a request's headers must have come. */
  headersTimeout: number
  /** Milliseconds in which a whole request must have come; answers may take longer. */
  requestTimeout: number
  /** Milliseconds that an idle connection is kept. */
  keepAliveTimeout: number
  /** Milliseconds between looks for connections that are late. */
  connectionsCheckingInterval: number
}

/** What every HTTP server here is made with: nobody holds a connection by sending slowly, or memory by sending long headers. */
export const serverLimits: ServerLimits = {
  maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000, connectionsCheckingInterval: 2_000,
}

/** The same as options of fastify, which by itself waits without end. `connections` at most at once. */
export function fastifyLimits(limits: ServerLimits = serverLimits) {
  const { requestTimeout, keepAliveTimeout, maxHeaderSize, headersTimeout, connectionsCheckingInterval } = limits
  return { requestTimeout, keepAliveTimeout, routerOptions: { maxParamLength: 500 }, http: { maxHeaderSize, headersTimeout, connectionsCheckingInterval } }
}

/** What a connection's error says of a request that could not be read at all. */
export function unreadableRequest({ code }: { code?: string | undefined }): StreamForgeError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new StreamForgeError('HEADERS_TOO_LARGE', `the request's line and headers are larger than ${serverLimits.maxHeaderSize} bytes`, { remedy: 'send shorter ones; long lists belong into a body' })
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new StreamForgeError('REQUEST_TIMEOUT', 'the request did not come whole in time', { remedy: 'send it at once' })
  return new StreamForgeError('BAD_REQUEST', 'this is not a valid HTTP request')
}

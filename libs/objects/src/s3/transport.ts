import http from 'node:http'
import https from 'node:https'

/** Milliseconds without a byte after which a request has failed. A copy is answered when it is done, however large. */
const silenceMs = { usual: 30_000, copy: 600_000 }
/** Statuses whose answers the client throws away unread. */
const unread = (status: number | undefined) => status !== undefined && (status >= 500 || status === 408 || status === 429 || status === 499)

type Request = (options: https.RequestOptions, onResponse?: (response: http.IncomingMessage) => void) => http.ClientRequest

/** Node's HTTP for the client, which has no time limits of its own and leaves sockets of failed requests open. */
export function boundedTransport(secure: boolean): Pick<typeof https, 'request'> {
  const send: Request = secure ? https.request : http.request
  const request: Request = (options, onResponse) => {
    const sent = send(options, (response) => {
      if (unread(response.statusCode)) response.resume()
      onResponse?.(response)
    })
    const isCopy = options.headers !== undefined && 'x-amz-copy-source' in options.headers
    const ms = isCopy ? silenceMs.copy : silenceMs.usual
    return sent.setTimeout(ms, () => sent.destroy(Object.assign(new Error(`no answer within ${ms} ms`), { code: 'ETIMEDOUT' })))
  }
  // The client calls it in this one of the forms that Node has.
  return { request: request as typeof https.request }
}

import type { IncomingHttpHeaders } from 'node:http'
import { StreamForgeError } from '@streamforge/contracts'

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/**
 * Refuses what another site's page sends through a visitor's browser: the dashboard has no log-in, so the browser's own word is
 * what keeps others out. While it listens on this machine only, names that merely resolve here are refused as well.
 * @throws StreamForgeError BAD_REQUEST
 */
export function requireSameOrigin(headers: IncomingHttpHeaders, listensOn: string, changes: boolean): void {
  const host = headers.host ?? ''
  if (isLoopback(listensOn) && !loopback.has(hostName(host))) throw foreign(`the host '${host.slice(0, 100)}' is not this machine's`)
  if (!changes) return
  const { origin } = headers
  if (origin !== undefined && hostOf(origin) !== host) throw foreign('it comes from a page of another site')
  if (headers['sec-fetch-site'] === 'cross-site') throw foreign('it comes from a page of another site')
}

const isLoopback = (listensOn: string) => loopback.has(listensOn) || listensOn === '::1'
const hostName = (host: string) => host.replace(/:\d+$/, '')
const foreign = (why: string) => new StreamForgeError('BAD_REQUEST', `the request is refused: ${why}`, { remedy: "open the dashboard's own address" })

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import { StreamForgeError } from '@streamforge/contracts'

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]', '::1'])

/** Whether nobody but this machine reaches what listens there. */
export const isLoopback = (host: string): boolean => loopback.has(host)

/**
 * Refuses what another site's page sends through a visitor's browser. While a server listens on this machine only, names that merely
 * resolve here are refused as well: a page of such a name would count as of the same origin (DNS rebinding).
 * @throws StreamForgeError NOT_ALLOWED
 */
export function requireSameOrigin(headers: IncomingHttpHeaders, listensOn: string, changes: boolean): void {
  const host = headers.host ?? ''
  if (isLoopback(listensOn) && !isLoopback(host.replace(/:\d{1,5}$/, ''))) throw foreign(`the host '${printable(host)}' is not this machine's`)
  if (!changes) return
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if ((origin !== undefined && hostOf(origin) !== host) || site === 'cross-site' || site === 'same-site') throw foreign('it comes from a page of another site')
}

const printable = (text: string) => text.slice(0, 100).replaceAll(/[^\x20-\x7e]/g, '?')
const foreign = (why: string) => new StreamForgeError('NOT_ALLOWED', `the request is refused: ${why}`, { remedy: "open the server's own address" })

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}

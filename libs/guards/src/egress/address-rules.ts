import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { StreamForgeError, type ErrorCode } from '@streamforge/contracts'

/** What a request's refusal is called where it is made, and which variable opens what is refused. */
export interface EgressTerms {
  readonly notAllowed: ErrorCode
  readonly dnsFailed: ErrorCode
  readonly unreachable: ErrorCode
  /** The environment variable that {@link parseAllowances} reads, for remedies. */
  readonly variable: string
}

/**
 * Which addresses may be asked. What is private is opened by the operator's environment alone: addresses that people or feeds name may
 * lead nobody into our own network.
 */
export interface Allowances {
  readonly terms: EgressTerms
  /** `host` or `host:port`: may be private, plain http, and on any port. */
  readonly hosts: ReadonlySet<string>
  readonly networks: BlockList
}

/** `127.0.0.1:8080,intranet.example,10.1.0.0/16` @throws StreamForgeError BAD_CONFIG */
export function parseAllowances(text: string, terms: EgressTerms): Allowances {
  const hosts = new Set<string>()
  const networks = new BlockList()
  for (const part of text.split(',').map((p) => p.trim().toLowerCase()).filter((p) => p !== '')) {
    const [network = '', bits] = part.split('/')
    if (bits === undefined) hosts.add(part)
    else if (isIP(network) && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(network) ? 32 : 128)) networks.addSubnet(network, Number(bits), isIPv4(network) ? 'ipv4' : 'ipv6')
    else throw new StreamForgeError('BAD_CONFIG', `${terms.variable} has '${part}', expected host, host:port or a network such as 10.1.0.0/16`)
  }
  return { terms, hosts, networks }
}

/** Not to be had from the internet, by IANA's registries of special-purpose addresses (RFC 6890 and its successors). */
const special = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24],
  ['192.31.196.0', 24], ['192.52.193.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['192.175.48.0', 24], ['198.18.0.0', 15], ['198.51.100.0', 24],
  ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) special.addSubnet(network, bits, 'ipv4')
// 2000::/3 is all that is handed out; of it these are tunnels, documentation and protocol assignments.
for (const [network, bits] of [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) special.addSubnet(network, bits, 'ipv6')
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
const translated = new BlockList()
translated.addSubnet('64:ff9b::', 96, 'ipv6')

/** True for addresses of the internet; those of IPv4 written as IPv6 (mapped, NAT64) count as what they stand for. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  if (!isIPv6(address)) return false
  const embedded = embeddedIPv4(address)
  if (embedded !== undefined) return isPublicAddress(embedded)
  return global6.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

function embeddedIPv4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined
  const mapped = /^::ffff:/i.test(canonical(address))
  if (!mapped && !translated.check(address, 'ipv6')) return undefined
  const groups = /([0-9a-f]{1,4})(?::([0-9a-f]{1,4}))?$/i.exec(canonical(address))
  const text = canonical(address)
  const [high, low] = groups?.[2] === undefined ? ['0', text.endsWith('::') ? '0' : groups?.[1] ?? '0'] : [groups[1]!, groups[2]]
  const bits = (parseInt(high, 16) << 16 | parseInt(low, 16)) >>> 0
  return [24, 16, 8, 0].map((shift) => bits >>> shift & 255).join('.')
}

/** As URLs write IPv6: without dotted parts, shortest. */
const canonical = (address: string) => new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1)

/** Where clouds keep credentials of their machines, and what reaches neighbours only: never asked because a host's name is allowed. */
const neverByName = new BlockList()
neverByName.addSubnet('169.254.0.0', 16, 'ipv4')
neverByName.addAddress('100.100.100.200', 'ipv4')
neverByName.addSubnet('fe80::', 10, 'ipv6')
neverByName.addAddress('fd00:ec2::254', 'ipv6')

const familyOf = (address: string) => (isIPv4(address) ? 'ipv4' : 'ipv6')
const refusal = ({ terms }: Allowances, message: string, remedy: string) => new StreamForgeError(terms.notAllowed, message, { remedy })

/** Host and port as rules and limits name them. */
export const hostOf = (url: URL) => url.host.toLowerCase()

export function isAllowedHost(url: URL, allowances: Allowances): boolean {
  return allowances.hosts.has(hostOf(url)) || allowances.hosts.has(url.hostname.toLowerCase())
}

/**
 * What can be told of an address before its name is resolved.
 * @throws StreamForgeError `terms.notAllowed`
 */
export function checkUrl(url: URL, allowances: Allowances): void {
  const refuse = (message: string, remedy: string) => refusal(allowances, `${url.origin}: ${message}`, remedy)
  const { variable } = allowances.terms
  if (!/^https?:$/.test(url.protocol)) throw refuse('expected https', `${variable} names hosts of your own network, which may be plain http`)
  if (url.username !== '' || url.password !== '') throw refuse('a name or password in an address is not allowed', 'use auth')
  if (isAllowedHost(url, allowances)) return
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) && allowances.networks.check(literal, familyOf(literal))) return
  if (url.protocol !== 'https:') throw refuse('expected https', `${variable} names hosts of your own network, which may be plain http`)
  if (url.port !== '') throw refuse('expected the port of https', `${variable} with host:port opens another one`)
  if (isIP(literal)) checkAddress(url.hostname, literal, allowances, false)
  else if (!literal.includes('.')) throw refuse('expected a whole host name', `${variable} names hosts of your own network`)
}

/**
 * What a name was resolved to. A host that is allowed by name may be private, but not what clouds give credentials at.
 * @throws StreamForgeError `terms.notAllowed` for an address of a private network; the address itself is not told
 */
export function checkAddress(host: string, address: string, allowances: Allowances, hostAllowed: boolean): void {
  if (isPublicAddress(address) || allowances.networks.check(address, familyOf(address))) return
  const plain = embeddedIPv4(address) ?? address
  if (hostAllowed && !neverByName.check(plain, familyOf(plain))) return
  throw refusal(allowances, `${host} lies in a private network`, `${allowances.terms.variable} names hosts and networks of your own that may be asked`)
}

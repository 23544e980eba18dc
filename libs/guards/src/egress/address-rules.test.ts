import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAddress, checkUrl, isPublicAddress, parseAllowances, type EgressTerms } from './address-rules.ts'

const terms: EgressTerms = { notAllowed: 'FEED_NOT_ALLOWED', dnsFailed: 'FEED_DNS_FAILED', unreachable: 'FEED_UNREACHABLE', variable: 'FEED_ALLOW_PRIVATE' }
const nothing = parseAllowances('', terms)
const refused = (text: string, allowances = nothing) => {
  try {
    checkUrl(new URL(text), allowances)
    return false
  } catch (error) {
    expect((error as { code: string }).code).toBe('FEED_NOT_ALLOWED')
    return true
  }
}

type Quad = readonly [number, number, number, number]
const byte = fc.nat(255)
const quad = fc.tuple(byte, byte, byte, byte)
/** Networks that nobody of the internet may lead us into, as RFC 6890 has them. */
const privateQuad: fc.Arbitrary<Quad> = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), byte, byte, byte), fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte), fc.tuple(fc.constant(169), fc.constant(254), byte, byte), fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
  fc.tuple(fc.integer({ min: 224, max: 255 }), byte, byte, byte),
)
const numberOf = ([a, b, c, d]: Quad) => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')
const groups = ([a, b, c, d]: Quad) => `${hex(a * 256 + b, 4)}:${hex(c * 256 + d, 4)}`

/** Every way to write an IPv4 address that browsers and resolvers take (WHATWG URL, 3.5), and IPv6 addresses that stand for it. */
const notations: Record<string, (q: Quad) => string> = {
  dotted: (q) => q.join('.'),
  decimal: (q) => String(numberOf(q)),
  hexadecimal: (q) => `0x${hex(numberOf(q), 8)}`,
  octal: (q) => `0${numberOf(q).toString(8)}`,
  'dotted octal': (q) => q.map((n) => `0${n.toString(8)}`).join('.'),
  'dotted hexadecimal': (q) => q.map((n) => `0x${n.toString(16)}`).join('.'),
  'two parts': (q) => `${q[0]}.${numberOf(q) & 0xffffff}`,
  'three parts': (q) => `${q[0]}.${q[1]}.${q[2] * 256 + q[3]}`,
  'a dot at the end': (q) => `${q.join('.')}.`,
  'percent-encoded': (q) => q.join('.').replaceAll('1', '%31'),
  'full-width digits': (q) => q.join('.').replaceAll('1', '１'),
  'IPv6-mapped': (q) => `[::ffff:${q.join('.')}]`,
  'IPv6-mapped in groups': (q) => `[::ffff:${groups(q)}]`,
  'IPv6-mapped, long': (q) => `[0:0:0:0:0:FFFF:${groups(q)}]`,
  NAT64: (q) => `[64:ff9b::${groups(q)}]`,
  '6to4': (q) => `[2002:${groups(q)}::1]`,
  'IPv4-compatible': (q) => `[::${groups(q)}]`,
}

describe('ASVS 1.3.6: server-side request forgery', () => {
  it.each(Object.keys(notations))('addresses of private networks are refused when written as: %s', (name) => {
    fc.assert(fc.property(privateQuad, (q) => { expect(refused(`https://${notations[name]!(q)}/`), notations[name]!(q)).toBe(true) }), { seed: 9, numRuns: 300 })
  })

  it('addresses of the internet are not, in the ways that stand for them', () => {
    const internet = quad.filter((q) => isPublicAddress(q.join('.')))
    fc.assert(fc.property(internet, fc.constantFrom('dotted', 'decimal', 'octal', 'IPv6-mapped', 'NAT64'), (q, name) => { expect(refused(`https://${notations[name]!(q)}/`)).toBe(false) }), { seed: 9 })
  })

  it('names are judged by what they are resolved to, whichever family', () => {
    fc.assert(fc.property(privateQuad, fc.constantFrom('dotted', 'IPv6-mapped', 'IPv6-mapped in groups', 'NAT64'), (q, name) => {
      const address = notations[name]!(q).replace(/[[\]]/g, '')
      expect(() => checkAddress('rebind.example', address, nothing, false)).toThrow('private network')
    }), { seed: 9 })
  })

  it.each(['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'gopher://example.com/', 'https://user:password@example.com/', 'https://example.com:22/', 'https://localhost/', 'https://metadata/', 'https://[fd00::1]/', 'https://[fe80::1]/'])(
    '%s is refused', (text) => expect(refused(text)).toBe(true))

  it('what the operator names may be private, but not link-local, where clouds keep credentials, unless that very network is named', () => {
    const byName = parseAllowances('intranet.example:8080', terms)
    expect(refused('http://intranet.example:8080/', byName)).toBe(false)
    expect(() => checkAddress('intranet.example', '10.1.2.3', byName, true)).not.toThrow()
    for (const address of ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fe80::1', 'fd00:ec2::254']) {
      expect(() => checkAddress('intranet.example', address, byName, true), address).toThrow('private network')
    }
    expect(() => checkAddress('x.example', '169.254.169.254', parseAllowances('169.254.0.0/16', terms), false)).not.toThrow()
  })

  it('of an allowed host, another port, another scheme and user names stay refused', () => {
    const allowed = parseAllowances('intranet.example:8080', terms)
    expect(['http://intranet.example:9090/', 'ftp://intranet.example:8080/', 'http://me:secret@intranet.example:8080/'].map((text) => refused(text, allowed))).toEqual([true, true, true])
  })
})

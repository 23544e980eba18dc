import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { isPublicAddress, openWire, parseAllowances, type Resolve, type Wire } from '@streamforge/guards'
import { feedTerms } from './feed-terms.ts'
import { fetchSafely } from './fetch-safely.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  }))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function wireFor(allowed: string, resolve: Resolve = () => Promise.reject(new Error('no names here'))): Wire {
  const wire = openWire(parseAllowances(allowed, feedTerms), resolve)
  closers.push(() => wire.close())
  return wire
}

const hostOf = (url: string) => new URL(url).host
const request = (url: string, more: object = {}) => ({ url, accept: 'application/json', timeoutMs: 5_000, maxBytes: 100_000, ...more })
const fetchIt = (wire: Wire, url: string, more: object = {}, stop = new AbortController().signal) => fetchSafely(wire, request(url, more), stop, () => Date.UTC(2024, 0, 1))
/** What a local server with this listener leads to. */
async function outcome(listener: RequestListener, more: object = {}) {
  const url = await serve(listener)
  return fetchIt(wireFor(hostOf(url)), `${url}/path?key=x`, more)
}

describe('answers', () => {
  it('come whole and decompressed, with what the next request asks with', async () => {
    const answer = await outcome((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-encoding': 'gzip', etag: '"v1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }).end(gzipSync('{"a":1}'))
    })
    expect(answer.body?.toString()).toBe('{"a":1}')
    expect(answer).toMatchObject({ contentType: 'application/json', bytes: 7, validators: { etag: '"v1"', last_modified: 'Mon, 01 Jan 2024 00:00:00 GMT' } })
    expect(answer.sourceTime).toBeTypeOf('number')
  })

  it('that have not changed are told by 304', async () => {
    const answer = await outcome((asked, response) => void response.writeHead(asked.headers['if-none-match'] === '"v1"' ? 304 : 500).end(), { validators: { etag: '"v1"' } })
    expect(answer).toMatchObject({ body: undefined, bytes: 0, validators: { etag: '"v1"' } })
  })
})

const part = (response: ServerResponse, head: Record<string, string>, body: string, end: (r: ServerResponse) => void) => {
  response.writeHead(200, head)
  response.write(body, () => end(response))
}

describe('faults', () => {
  it.each<[string, string, RequestListener, object?]>([
    ['429', 'FEED_RATE_LIMITED', (_, r) => void r.writeHead(429, { 'retry-after': '7' }).end('slow down')],
    ['500', 'FEED_SOURCE_FAILED', (_, r) => void r.writeHead(500).end()],
    ['503 with Retry-After', 'FEED_SOURCE_FAILED', (_, r) => void r.writeHead(503, { 'retry-after': '7' }).end()],
    ['404', 'FEED_REJECTED', (_, r) => void r.writeHead(404).end('no such symbol')],
    ['no answer in time', 'FEED_TIMEOUT', () => undefined, { timeoutMs: 50 }],
    ['a body that drips without end', 'FEED_TIMEOUT', (_, r) => part(r, {}, 'x', () => undefined), { timeoutMs: 50 }],
    ['a body cut before its length', 'FEED_CUT_SHORT', (_, r) => part(r, { 'content-length': '1000' }, 'short', (x) => x.destroy())],
    ['a chunked body cut', 'FEED_CUT_SHORT', (_, r) => part(r, {}, 'short', (x) => x.destroy())],
    ['a gzip body cut', 'FEED_CUT_SHORT', (_, r) => void r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(5_000)).subarray(0, 20))],
    ['a length of 2 GB', 'FEED_TOO_LARGE', (_, r) => part(r, { 'content-length': String(2 ** 31) }, 'x', () => undefined)],
    ['a bomb', 'FEED_TOO_LARGE', (_, r) => void r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)))],
    ['an encoding nobody asked for', 'FEED_BAD_ANSWER', (_, r) => void r.writeHead(200, { 'content-encoding': 'zstd' }).end('x')],
    ['redirects in a circle', 'FEED_BAD_ANSWER', (_, r) => void r.writeHead(302, { location: '/again' }).end()],
    ['a connection closed at once', 'FEED_UNREACHABLE', (_, r) => void r.socket?.destroy()],
  ])('%s: %s', async (_, code, listener, more) => {
    const error = await outcome(listener, more).catch((e: unknown) => e)
    expect(error).toMatchObject({ code })
    if (code === 'FEED_RATE_LIMITED') expect(error).toMatchObject({ details: { retryAfterMs: 7_000 } })
  })

  it('2 GB without a length is cut off at the limit, and the connection with it', async () => {
    let sent = 0
    let closed: () => void = () => undefined
    const gone = new Promise<void>((resolve) => { closed = resolve })
    const error = await outcome((_, response) => {
      const chunk = Buffer.alloc(65_536, 'x')
      const more = () => {
        while (sent < 2 ** 31 && !response.destroyed) {
          sent += chunk.length
          if (!response.write(chunk)) return void response.once('drain', more)
        }
      }
      response.once('close', closed)
      more()
    }, { maxBytes: 1_000_000 }).catch((e: unknown) => e)
    await gone
    expect(error).toMatchObject({ code: 'FEED_TOO_LARGE' })
    expect(sent).toBeLessThan(50_000_000)
  })

  it('secrets that a source quotes are not shown, and neither are queries', async () => {
    const error = await outcome((asked, r) => void r.writeHead(401).end(`bad key s3cr3t+x in ${asked.url}`), { secret: 's3cr3t+x', secretHeader: ['x-key', 's3cr3t+x'] }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'FEED_REJECTED' })
    expect((error as Error).message).not.toContain('s3cr3t')
  })

  it('being told to stop is no fault of the source', async () => {
    const stop = new AbortController()
    const url = await serve(() => stop.abort(new Error('stopping')))
    await expect(fetchIt(wireFor(hostOf(url)), url, {}, stop.signal)).rejects.toThrow('stopping')
  })
})

describe('addresses', () => {
  it.each(['http://example.com/', 'https://example.com:8443/', 'ftp://example.com/', 'file:///etc/passwd', 'https://user:pass@example.com/', 'https://localhost/', 'https://127.0.0.1/', 'https://[::1]/',
    'https://169.254.169.254/latest/meta-data', 'https://10.0.0.1/', 'https://[::ffff:10.0.0.1]/', 'https://[64:ff9b::a00:1]/', 'https://0x7f000001/', 'https://2130706433/', 'https://[fd00::1]/', 'http://127.0.0.1:1/'])('%s is refused', async (url) => {
    await expect(fetchIt(wireFor('other.example:1'), url)).rejects.toMatchObject({ code: 'FEED_NOT_ALLOWED' })
  })

  it.each([['one private address', ['10.1.2.3']], ['a private one among others', ['93.184.216.34', '127.0.0.1']], ['a mapped one', ['::ffff:192.168.0.1']], ['link-local', ['fe80::1']]])('a name with %s is refused before anything is connected', async (_, found) => {
    const resolve: Resolve = () => Promise.resolve(found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
    await expect(fetchIt(wireFor('', resolve), 'https://rebind.example/')).rejects.toMatchObject({ code: 'FEED_NOT_ALLOWED' })
  })

  it('what is connected to is what was checked: the name is asked for once', async () => {
    const url = await serve((_, r) => void r.end('{}'))
    let asked = 0
    const resolve: Resolve = () => Promise.resolve([{ address: ++asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }])
    const named = url.replace('127.0.0.1', 'intranet.example')
    expect((await fetchIt(wireFor(hostOf(named), resolve), named)).body?.toString()).toBe('{}')
    expect(asked).toBe(1)
  })

  it('a name that cannot be resolved is FEED_DNS_FAILED', async () => {
    await expect(fetchIt(wireFor(''), 'https://nowhere.example/')).rejects.toMatchObject({ code: 'FEED_DNS_FAILED' })
    await expect(fetchIt(wireFor('', () => Promise.resolve([])), 'https://nowhere.example/')).rejects.toMatchObject({ code: 'FEED_DNS_FAILED' })
  })

  it('redirects are checked as the first address is, and secrets stay with the first host', async () => {
    const heard: (string | undefined)[] = []
    const second = await serve((asked, r) => {
      heard.push(asked.headers['x-key'] as string | undefined)
      r.end('{}')
    })
    const first = await serve((asked, r) => {
      heard.push(asked.headers['x-key'] as string | undefined)
      r.writeHead(302, { location: `${second}/there` }).end()
    })
    await expect(fetchIt(wireFor(hostOf(first)), first)).rejects.toMatchObject({ code: 'FEED_NOT_ALLOWED' })
    heard.length = 0
    await fetchIt(wireFor(`${hostOf(first)},${hostOf(second)}`), first, { secretHeader: ['x-key', 'secret'] })
    expect(heard).toEqual(['secret', undefined])
  })

  it('of the internet are told from all others', () => {
    expect(['8.8.8.8', '1.1.1.1', '2606:4700::1111', '172.15.0.1', '172.32.0.1', '::ffff:8.8.8.8', '64:ff9b::808:808'].filter((a) => !isPublicAddress(a))).toEqual([])
    expect(['0.0.0.0', '100.64.0.1', '192.0.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '2001:db8::1', '2002:a00:1::', '3fff::1', 'ff02::1', '64:ff9b::', '64:ff9b:1::1', 'nonsense'].filter(isPublicAddress)).toEqual([])
  })

  it('of a network that is allowed may be asked, others of it not', async () => {
    const url = await serve((_, r) => void r.end('{}'))
    expect((await fetchIt(wireFor('127.0.0.0/8'), url)).bytes).toBe(2)
    expect(() => parseAllowances('10.0.0.0/99', feedTerms)).toThrow('expected host, host:port or a network')
  })
})

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { documentLinesType, Problem, storeOperations } from '@streamforge/contracts'
import { connectStore } from '@streamforge/store'
import { startTestServer, token, type TestServer } from './server-fixture.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.store.ensureCollection('candles', {})
})
afterAll(() => server.close())

async function ask(operation: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/store/${operation}`, {
    method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
  })
  return { status: response.status, body: await response.json() as unknown }
}

const write = (head: object, lines: string) => ask('write', `${JSON.stringify({ request_id: randomUUID(), collection: 'candles', ...head })}\n${lines}`, { 'content-type': documentLinesType })

describe('the token', () => {
  it.each([[undefined], ['Bearer'], ['Bearer another-token-of-16'], [`Bearer ${token}x`], [`Bearer ${token.slice(0, -1)}`], [`bearer ${token}`], [token]])('refuses %s, whatever is asked', async (authorization) => {
    for (const operation of [...Object.keys(storeOperations), 'nothing']) {
      const response = await fetch(`${server.url}/store/${operation}`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', ...(authorization && { authorization }) } })
      expect(response.status).toBe(401)
      expect(Problem.parse(await response.json())).toMatchObject({ code: 'NOT_AUTHENTICATED' })
    }
  })

  it('is told to be wrong when the store is opened', async () => {
    await expect(connectStore({ kind: 'remote', url: server.url, token: 'another-token-of-16' })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })

  it('does not travel in an address', async () => {
    await expect(connectStore({ kind: 'remote', url: server.url.replace('//', '//user:pass@'), token })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })
})

describe('what is asked', () => {
  it('is checked against the contract', async () => {
    expect(await ask('get', { collection: 'No Name', key: 'a' })).toMatchObject({ status: 422, body: { code: 'STORE_REJECTED' } })
    expect(await ask('get', { collection: 'candles', key: 'a', more: 1 })).toMatchObject({ status: 422 })
    expect(await ask('get', { collection: 'nowhere', key: 'a' })).toMatchObject({ status: 404, body: { code: 'COLLECTION_NOT_FOUND' } })
    expect(await ask('read_page', { collection: 'candles', limit: 1e9 })).toMatchObject({ status: 422 })
    expect(await ask('get', '{')).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST' } })
    expect(await ask('get', 'x', { 'content-type': 'text/plain' })).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE' } })
    expect(await ask('write', {})).toMatchObject({ status: 415 })
    expect(await ask('nothing', {})).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } })
  })

  it('is refused before it is read when it is too large', async () => {
    const announced = request(`${server.url}/store/get`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'content-length': 65 * 1024 * 1024 },
    })
    announced.flushHeaders()
    const [response] = await once(announced, 'response') as [IncomingMessage]
    expect(response.statusCode).toBe(413)
    announced.destroy()
  })

  it('never gets what is no JSON object into the store', async () => {
    const answer = await write({}, ['a\t{"x":1}', 'b\t{"x":', 'c\t[1]', 'd\tnull', 'no key\t{}', 'e', 'f\t{"_key":"g"}', 'h\t {"x":1}', 'i\t{}'].join('\n'))
    expect(answer).toMatchObject({ status: 200, body: { created: 2 } })
    expect((answer.body as { rejected: { key: string }[] }).rejected.map(({ key }) => key)).toEqual(['b', 'c', 'd', 'no key', '', 'f', 'h'])
    expect(await ask('read_page', { collection: 'candles', limit: 100 })).toEqual({ status: 200, body: { more: false, documents: [{ _key: 'a', x: 1 }, { _key: 'i' }] } })
  })

  it('answers no body, however wrong, with a failure of its own', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.keys(storeOperations)), fc.jsonValue(), async (operation, body) => {
      const asWrite = operation === 'write'
      const answer = await ask(operation, JSON.stringify(body), asWrite ? { 'content-type': documentLinesType } : {})
      expect(answer.status).toBeLessThan(500)
    }), { numRuns: 80, seed: 11 })
  })
})

it('writes a request once, however often it comes, and tells the same again', async () => {
  const head = { request_id: randomUUID(), collection: 'candles' }
  const lines = ['r1\t{"n":1}', 'r2\t{"n":2}'].join('\n')
  const first = await write(head, lines)
  expect(first.body).toMatchObject({ created: 2 })
  await server.store.deleteKeys(randomUUID(), 'candles', ['r1'])
  expect(await write(head, lines)).toEqual(first)
  expect(await server.store.get('candles', 'r1')).toBeUndefined()
})

it('ends a page early when its documents are large', async () => {
  await server.store.ensureCollection('books', {})
  const json = JSON.stringify({ text: 'x'.repeat(20_000) })
  await server.store.write(randomUUID(), 'books', Array.from({ length: 1200 }, (_, i) => ({ _key: `b${String(i).padStart(5, '0')}`, json })), {})
  const page = (await ask('read_page', { collection: 'books', limit: 10_000 })).body as { more: boolean; documents: unknown[] }
  expect(page.more).toBe(true)
  expect(page.documents.length).toBeLessThan(1200)
  const store = await connectStore({ kind: 'remote', url: server.url, token })
  const sizes: number[] = []
  for await (const batch of store.scan('books', {}, { batchSize: 700 })) sizes.push(batch.length)
  expect(sizes).toEqual([700, 500])
  await store.close()
})

it('counts its requests by operation and status', async () => {
  await ask('describe', {})
  expect(await server.metrics.metrics()).toMatch(/streamforge_store_server_request_seconds_count\{operation="describe",status="200"\} [1-9]/)
})

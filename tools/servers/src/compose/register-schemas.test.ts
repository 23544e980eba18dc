import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runToEnd } from '../run-to-end.ts'

const script = fileURLToPath(new URL('../../../../docker/kafka-ui/register-schemas.mjs', import.meta.url))
const schemas = fileURLToPath(new URL('../../../../docs/api/schemas', import.meta.url))

/** Answers as a schema registry does, and keeps what it was asked. */
let registry: Server
let asked: { path: string; body: Record<string, string> }[]
let refuse: string | undefined
beforeEach(async () => {
  asked = []
  refuse = undefined
  registry = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray() as Buffer[]).toString()) as Record<string, string>
    asked.push({ path: `${request.method} ${request.url}`, body })
    response.writeHead(request.url === refuse ? 422 : 200, { 'content-type': 'application/json' })
    response.end(request.url === refuse ? '{"error_code":42201,"message":"Invalid schema"}' : '{"id":1}')
  })
  registry.listen(0, '127.0.0.1')
  await once(registry, 'listening')
})
afterEach(() => { registry.close() })

const register = () => runToEnd(process.execPath, [script, schemas], { env: { SCHEMA_REGISTRY_URL: `http://127.0.0.1:${(registry.address() as AddressInfo).port}` } })

it('brings every schema to the registry, under the name of its messages', async () => {
  const { status, output } = await register()
  const files = await readdir(schemas)
  expect(output).toContain(`${files.length} schemas`)
  expect(status).toBe(0)
  expect(asked[0]).toEqual({ path: 'PUT /config', body: { compatibility: 'NONE' } })
  expect(asked.slice(1).map(({ path }) => path)).toEqual(files.sort().map((name) => `POST /subjects/${name.replace('.schema.json', '-value')}/versions`))
  for (const { body } of asked.slice(1)) {
    expect(body.schemaType).toBe('JSON')
    expect(JSON.parse(body.schema!)).toHaveProperty('$schema')
  }
})

it('fails with what the registry said', async () => {
  refuse = '/subjects/queue-events-value/versions'
  const { status, output } = await register()
  expect(status).not.toBe(0)
  expect(output).toContain('Invalid schema')
})

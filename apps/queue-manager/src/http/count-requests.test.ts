import { readTraceparent } from '@streamforge/contracts'
import { activeTrace, noTracing } from '@streamforge/service'
import fastify from 'fastify'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { countRequests } from './count-requests.ts'
import { httpMetrics } from './http-metrics.ts'
import { traceRequests } from './trace-requests.ts'

const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00'

async function server() {
  const registry = new Registry()
  const app = fastify()
  traceRequests(app, noTracing)
  countRequests(app, httpMetrics(registry))
  const traces: (string | undefined)[] = []
  app.post('/things/:id', async () => {
    traces.push(activeTrace()?.traceId)
    return {}
  })
  app.get('/things/:id', async () => {
    traces.push(activeTrace()?.traceId)
    throw new Error('no')
  })
  return { app, traces, text: () => registry.metrics() }
}

it('counts requests by the pattern of their route and their status', async () => {
  const { app, text } = await server()
  await app.inject({ method: 'POST', url: '/things/1', payload: { a: 1 } })
  await app.inject({ method: 'POST', url: '/things/2', payload: { a: 1 } })
  await app.inject({ method: 'GET', url: '/things/2' })
  await app.inject({ method: 'GET', url: '/elsewhere' })
  const lines = (await text()).split('\n').filter((line) => line.startsWith('streamforge_http_requests_total'))
  expect(lines).toEqual([
    'streamforge_http_requests_total{method="POST",route="/things/:id",status="200"} 2',
    'streamforge_http_requests_total{method="GET",route="/things/:id",status="500"} 1',
    'streamforge_http_requests_total{method="GET",route="none",status="404"} 1',
  ])
  expect(await text()).toContain('streamforge_http_request_seconds_count{method="POST",route="/things/:id"} 2')
  await app.close()
})

it('a request that asks for work goes on in the trace it came with, or begins one, and its answer names it', async () => {
  const { app, traces } = await server()
  const first = await app.inject({ method: 'POST', url: '/things/1', payload: { a: 1 }, headers: { traceparent: given } })
  expect(readTraceparent(first.headers['traceparent'])?.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736')
  expect(traces).toEqual(['4bf92f3577b34da6a3ce929d0e0e4736'])
  const second = await app.inject({ method: 'POST', url: '/things/1', payload: { a: 1 }, headers: { traceparent: 'nonsense' } })
  expect(traces[1]).toMatch(/^[0-9a-f]{32}$/)
  expect(traces[1]).not.toBe(traces[0])
  expect(readTraceparent(second.headers['traceparent'])?.traceId).toBe(traces[1])
  const looking = await app.inject({ method: 'GET', url: '/things/1', headers: { traceparent: given } })
  expect(looking.headers['traceparent']).toBeUndefined()
  expect(traces[2]).toBeUndefined()
  await app.close()
})

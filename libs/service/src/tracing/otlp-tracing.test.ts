import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, traceBus, type Bus } from '@streamforge/bus'
import { StreamForgeError } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../logger.ts'
import { inTrace } from './active-trace.ts'
import { busTracer } from './bus-tracer.ts'
import { otlpTracing } from './otlp-tracing.ts'
import { inSpan, type Tracing } from './tracing.ts'

interface SentSpan {
  traceId: string; spanId: string; parentSpanId?: string; name: string; kind: number
  links?: { traceId: string; spanId: string }[]; status: { code: number; message?: string }
  attributes: { key: string; value: Record<string, unknown> }[]
}
interface SentTraces { resourceSpans: { resource: { attributes: { key: string; value: { stringValue: string } }[] }; scopeSpans: { spans: SentSpan[] }[] }[] }

const log = createLogger({ service: 'test', level: 'silent' })
let collector: Server
let sent: SentTraces[]
let endpoint: string
let open: Tracing[]

beforeEach(async () => {
  sent = []
  open = []
  collector = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => {
      if (request.url === '/v1/traces') sent.push(JSON.parse(body) as SentTraces)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
})
afterEach(async () => {
  for (const tracing of open) await tracing.close()
  collector.closeAllConnections()
  await new Promise((resolve) => collector.close(resolve))
})

function tracingOf(service: string, ratio = 1): Tracing {
  const tracing = otlpTracing({ endpoint, ratio, service, log })
  open.push(tracing)
  return tracing
}

/** All that were sent, with the service of each. */
async function spans(): Promise<(SentSpan & { service: string })[]> {
  for (const tracing of open) await tracing.close()
  return sent.flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans.map((span) => ({
    ...span, service: resource.attributes.find(({ key }) => key === 'service.name')!.value.stringValue,
  })))))
}

describe('spans', () => {
  it('are nested, named, and say what went wrong by its code alone', async () => {
    const tracing = tracingOf('loader-api')
    await inSpan(tracing, 'outer', { kind: 'server', attributes: { 'streamforge.attempt': 2, absent: undefined } }, async () => {
      await expect(inSpan(tracing, 'inner', {}, async () => {
        throw new StreamForgeError('BUS_UNAVAILABLE', 'password=hunter2')
      })).rejects.toThrow()
    })
    const [inner, outer] = (await spans()).toSorted((a, b) => (a.name < b.name ? -1 : 1))
    expect(outer).toMatchObject({ service: 'loader-api', name: 'outer', kind: 2, status: { code: 0 } })
    expect(outer!.parentSpanId ?? '').toBe('')
    expect(outer!.attributes).toContainEqual({ key: 'streamforge.attempt', value: { intValue: 2 } })
    expect(inner).toMatchObject({ name: 'inner', traceId: outer!.traceId, parentSpanId: outer!.spanId, status: { code: 2, message: 'BUS_UNAVAILABLE' } })
    expect(JSON.stringify(sent)).not.toContain('hunter2')
  })

  it('begin in the ratio that is asked for, by the trace, and follow what began elsewhere', async () => {
    const tracing = tracingOf('some', 0.25)
    const sampled = Array.from({ length: 2000 }, () => tracing.begin('root', {}).context.sampled).filter(Boolean).length
    expect(sampled).toBeGreaterThan(350)
    expect(sampled).toBeLessThan(650)
    const ids = { traceId: 'ffffffffffffffffffffffffffffffff', spanId: '1111111111111111' }
    expect(tracing.begin('child', { parent: { ...ids, sampled: true } }).context).toMatchObject({ traceId: ids.traceId, sampled: true })
    expect(tracing.begin('child', { parent: { ...ids, sampled: false } }).context).toMatchObject({ traceId: ids.traceId, sampled: false })
  })

  it('are given up when the collector is away, without holding anything up', async () => {
    const tracing = otlpTracing({ endpoint: 'http://127.0.0.1:1', ratio: 1, service: 'some', log, closeMs: 50 })
    await inSpan(tracing, 'lost', {}, async () => undefined)
    await tracing.close()
    expect(sent).toEqual([])
  })
})

describe('over the bus', () => {
  let directory: string
  let plain: Bus
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'streamforge-tracing-'))
    plain = await connectBus({ kind: 'embedded', directory })
    await plain.admin.createTopic({ name: 'wf-a-data', partitions: 1 })
  })
  afterEach(async () => {
    await plain.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function consume(bus: Bus, count: number, maxBatch = 1000): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    let seen = 0
    const consumer = await bus.consume({ group: 'g', topics: ['wf-a-data'], from: 'earliest', maxBatch }, async ({ messages }) => {
      seen += messages.length
      if (seen >= count) resolve()
    })
    await promise
    await consumer.close()
  }

  it('a batch of several traces is a span in each, linked to what was published', async () => {
    const loader = tracingOf('loader-api')
    const connector = tracingOf('arango-connector')
    const sending = traceBus(plain, busTracer(loader, Date.now))
    const roots = await Promise.all(['one', 'two'].map(async (name) => {
      const root = loader.begin(name, {})
      await inTrace(root.context, () => sending.publish('wf-a-data', [{ value: name }, { value: `${name} more` }]))
      if (name === 'one') await inTrace(root.context, () => sending.publish('wf-a-data', [{ value: 'again' }]))
      root.end()
      return root.context
    }))
    await consume(traceBus(plain, busTracer(connector, Date.now)), 5)
    const all = await spans()
    for (const [index, root] of roots.entries()) {
      const published = all.filter((span) => span.traceId === root.traceId && span.name === 'publish data')
      expect(published.every((span) => span.parentSpanId === root.spanId && span.kind === 4)).toBe(true)
      expect(published).toHaveLength(index === 0 ? 2 : 1)
      const processed = all.filter((span) => span.traceId === root.traceId && span.name === 'process data')
      expect(processed.every((span) => span.service === 'arango-connector' && span.kind === 5)).toBe(true)
      expect(processed.flatMap((span) => span.links!.map((link) => link.spanId)).toSorted()).toEqual(published.map((span) => span.spanId).toSorted())
      expect(published.map((span) => span.spanId)).toContain(processed[0]!.parentSpanId)
    }
  })

  it('many pages are followed while the budget lasts, and messages outside of a trace never', async () => {
    const tracing = tracingOf('loader-api')
    const bus = traceBus(plain, busTracer(tracing, () => 0))
    const root = tracing.begin('root', {})
    await inTrace(root.context, async () => {
      for (let i = 0; i < 50; i++) await bus.publish('wf-a-data', [{ value: String(i) }])
    })
    await bus.publish('wf-a-data', [{ value: 'alone' }])
    root.end()
    expect((await spans()).filter(({ name }) => name === 'publish data')).toHaveLength(20)
    const messages = await plain.admin.peek('wf-a-data', { partition: 0, limit: 100 })
    expect(messages.filter(({ headers }) => headers['traceparent'] !== undefined)).toHaveLength(20)
  })
})

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

let receiver: OtlpReceiver
let running: SimulatedPlatform
beforeAll(async () => {
  receiver = await startOtlpReceiver()
  running = await startSimulatedPlatform({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } })
})
afterAll(async () => {
  await running.close()
  await receiver.close()
})

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'

it('a workflow is one trace, from its request over commands, records and events, in which every span has its parent', { timeout: 60_000 }, async () => {
  const { platform, api } = running
  const response = await fetch(`${platform.url}/workflows`, {
    method: 'POST', headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    body: JSON.stringify({ symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: await aDay(platform.exchangeUrl!), options: { shards: 2 } }),
  })
  expect(response.status).toBe(201)
  expect(response.headers.get('traceparent')).toMatch(new RegExp(`^00-${traceId}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`))
  const { workflow_id, queues: [queue] } = await response.json() as { workflow_id: string; queues: [{ queue_id: string }] }
  expect((await followWorkflow(api, workflow_id, { json: true })).status).toBe('finished')

  const of = (spans: readonly ReceivedSpan[]) => spans.filter((span) => span.traceId === traceId)
  const has = (spans: readonly ReceivedSpan[], service: string, name: string) => of(spans).some((span) => span.service === service && span.name === name)
  const path: [string, string][] = [
    ['queue-manager', 'POST /workflows'], ['queue-manager', 'publish queue-control'],
    ['loader-api', 'work loader-api'], ['loader-api', 'publish data'],
    ['arango-connector', 'work arango-connector'], ['arango-connector', 'process data'],
    ['loader-api', 'publish queue-events'], ['arango-connector', 'publish queue-events'], ['queue-manager', 'process queue-events'],
  ]
  const linked = (spans: readonly ReceivedSpan[]) => {
    const known = new Set(of(spans).map(({ spanId }) => spanId))
    return of(spans).every(({ parentSpanId }) => parentSpanId === '00f067aa0ba902b7' || known.has(parentSpanId ?? ''))
  }
  await receiver.until((spans) => path.every(([service, name]) => has(spans, service, name)) && linked(spans))

  const trace = of(receiver.spans)
  const byId = new Map(trace.map((span) => [span.spanId, span]))
  for (const [service, name, publisher, published] of [
    ['arango-connector', 'process data', 'loader-api', 'publish data'], ['queue-manager', 'process queue-events', undefined, 'publish queue-events'],
  ] as const) {
    const links = trace.filter((span) => span.service === service && span.name === name).flatMap((span) => span.links ?? [])
    expect(links.length).toBeGreaterThan(0)
    const sources = links.map((link) => byId.get(link.spanId)).filter((span) => span !== undefined)
    expect(sources.length).toBeGreaterThan(0)
    expect(new Set(sources.map((span) => span.name))).toEqual(new Set([published]))
    if (publisher) expect(new Set(sources.map((span) => span.service))).toEqual(new Set([publisher]))
  }
  await expectLogsInTrace(platform.dataDir, queue.queue_id, workflow_id)
})

/** Whoever wrote about the queue, also before and after its spans. */
async function expectLogsInTrace(dataDir: string, queueId: string, workflowId: string): Promise<void> {
  const files = (await readdir(dataDir, { recursive: true })).filter((name) => name.endsWith('.log'))
  const lines = (await Promise.all(files.map((name) => readFile(join(dataDir, name), 'utf8')))).flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('{') && line.includes(queueId)).map((line) => JSON.parse(line) as Record<string, unknown>)
  const workers = lines.filter((line) => line['service'] === 'loader-api' || line['service'] === 'arango-connector')
  expect(new Set(workers.map((line) => line['service']))).toEqual(new Set(['loader-api', 'arango-connector']))
  for (const line of workers) expect(line).toMatchObject({ trace_id: traceId, workflow_id: workflowId, queue_id: queueId, attempt: 1 })
}

async function aDay(exchangeUrl: string): Promise<string> {
  const { serverTime } = await (await fetch(`${exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
  const to = Math.floor(serverTime / 86_400_000) * 86_400_000
  return `${to - 86_400_000}:${to}`
}

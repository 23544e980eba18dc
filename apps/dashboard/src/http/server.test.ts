import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, publishMessages, type Bus } from '@streamforge/bus'
import { catalog, DeadLetterHeaders, deadLetterTopic, recordKey, type Candle, type LiveServerMessage, type Problem, type Trade } from '@streamforge/contracts'
import { connectObjects, type ObjectStore } from '@streamforge/objects'
import { connectSettings, connectStore, type SettingsStore, type Store } from '@streamforge/store'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openTradeHistory } from '../derive/trade-history.ts'
import { openLiveHub } from '../live/live-hub.ts'
import { readDatasets } from '../read/datasets.ts'
import { openTestSignIn } from '../session/sign-in-fixture.ts'
import { createServer } from './server.ts'

const registry = new Registry()
const start = Date.UTC(2024, 7, 1)
const step = 300_000
const venue = 'binance'
const symbol = 'BTCUSDT'
const candle = (i: number): Candle => ({
  kind: 'candle', venue, symbol, interval: '5m', open_time: start + i * step, open: 1, high: 2, low: 1, close: i, volume: 3,
  event_time: start + (i + 1) * step, known_time: start + (i + 1) * step, backfilled: true,
})
const trade = (id: number): Trade => ({ kind: 'trade', venue, symbol, trade_id: id, price: 5, quantity: 1, buyer_maker: false, event_time: start + id, known_time: start + id, backfilled: false })
const queue = (id: string, type: string, status: string, collection: string) => ({
  _key: id, queue_id: id, workflow_id: 'wf-a1b2c3', venue, symbol, type, status, time_range: '2024-08-01:2024-08-02', collection_name: collection, kafka_topic: `${id}-data`, version: 1, position: id,
  jobs: [{ target: 'arango-connector', records_written: 5 }],
})

let directory: string
let bus: Bus
let store: Store
let objects: ObjectStore
let settings: SettingsStore
let app: FastifyInstance
let url: string
const log = pino({ level: 'silent' })
/** So many requests are answered as by a queue-manager that does not lead. */
let standsByFor = 0
const manager = createHttpServer((request, response) => {
  if (standsByFor > 0) {
    standsByFor--
    const problem: Problem = { type: 'about:blank', title: 'x', status: 503, detail: 'stands by', code: 'NOT_LEADER' }
    return void response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '0' }).end(JSON.stringify(problem))
  }
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ method: request.method, url: request.url }))
})
let hub: ReturnType<typeof openLiveHub>
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-dashboard-'))
  bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  objects = await connectObjects({ kind: 'embedded', directory: join(directory, 'objects') })
  for (const name of ['queues', 'workflows', 'gaps', 'btcusdt_api_candles_5m', 'btcusdt_ws_candles_5m', 'btcusdt_trades']) await store.ensureCollection(name)
  await store.writeBatch('queues', [
    queue('wf-api-candles', 'api_candles_5m', 'finished', 'btcusdt_api_candles_5m'), queue('wf-ws-candles', 'ws_candles_5m', 'finished', 'btcusdt_ws_candles_5m'),
    queue('wf-ws-trades', 'ws_trades', 'running', 'btcusdt_trades'),
  ])
  const keyed = (record: Candle | Trade) => ({ ...record, _key: recordKey(record) })
  await store.writeBatch('btcusdt_api_candles_5m', [0, 1, 4].map((i) => keyed(candle(i))))
  await store.writeBatch('btcusdt_ws_candles_5m', [keyed({ ...candle(4), close: 44, backfilled: false }), keyed(candle(5))])
  await store.writeBatch('btcusdt_trades', [1, 2, 3].map((id) => keyed(trade(id))))
  await store.writeBatch('gaps', [{ _key: 'g', kind: 'gap', queue_id: 'wf-api-candles', venue, symbol, type: 'api_candles_5m', from: start + 2 * step, to: start + 4 * step, missing: 2, cause: 'exchange', checked_at: start }])
  for (const name of ['wf-ws-trades-data', 'queue-events']) await bus.admin.createTopic({ name, partitions: 1 })
  await bus.admin.createTopic(deadLetterTopic)
  const web = join(directory, 'web')
  await mkdir(join(web, 'assets'), { recursive: true })
  await writeFile(join(web, 'index.html'), '<p>the page</p>')
  await writeFile(join(web, 'assets', 'a-1.js'), '1')
  manager.listen(0, '127.0.0.1')
  await once(manager, 'listening')
  const datasets = readDatasets({ store, now: Date.now })
  const history = openTradeHistory(store)
  hub = openLiveHub({ bus, store, datasets, history, log, now: Date.now })
  settings = await connectSettings({ kind: 'sqlite', file: join(directory, 'settings.db') })
  app = await createServer({
    bus, store, objects, settings, datasets, history, hub, web: Promise.resolve(web), log, now: Date.now, signIn: await openTestSignIn({ store, dataDir: directory }), metrics: registry,
    managerUrl: `http://127.0.0.1:${(manager.address() as AddressInfo).port}`,
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await app.close()
  await hub.close()
  await objects.close()
  await settings.close()
  manager.close()
  await bus.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const get = async (path: string) => (await app.inject({ url: path, headers: { host: 'localhost' } })).json() as Record<string, unknown>

describe('what is stored', () => {
  it('is listed by symbol', async () => {
    expect(await get('/api/instruments')).toEqual({ instruments: [
      { venue, symbol, intervals: ['5m'], live_intervals: [], derived_intervals: ['1m', '3m', '15m', '30m', '1h', '4h'], trades: true, live_trades: true, book: false, live_book: false },
    ] })
  })

  it('is merged over datasets by open time, with the known gaps', async () => {
    const answer = await get('/api/candles?symbol=BTCUSDT&interval=5m') as { candles: { open_time: number; close: number }[]; gaps: unknown[]; more: boolean }
    expect(answer.candles.map((c) => [(c.open_time - start) / step, c.close])).toEqual([[0, 0], [1, 1], [4, 44], [5, 5]])
    expect(answer.gaps).toMatchObject([{ missing: 2 }])
    expect(answer.more).toBe(false)
    expect(await get(`/api/candles?symbol=BTCUSDT&interval=5m&limit=1&to=${start + 2 * step}`)).toMatchObject({ candles: [{ close: 1 }], more: true })
  })

  it('pages trades backwards', async () => {
    const ids = async (query: string) => ((await get(`/api/trades?symbol=BTCUSDT&${query}`)) as { trades: Trade[] }).trades.map((t) => t.trade_id)
    expect(await ids('limit=2')).toEqual([3, 2])
    expect(await ids('before=2')).toEqual([1])
    expect(await ids('before=0')).toEqual([])
  })

  it.each(['/api/candles?symbol=BTCUSDT', '/api/candles?symbol=btc&interval=5m', '/api/candles?symbol=BTCUSDT&interval=5m&limit=0', '/api/trades?symbol=BTCUSDT&x=1', '/api/topics/none/messages?limit=x'])(
    'is not read for %s', async (path) => expect(await get(path)).toMatchObject({ status: 400, code: 'BAD_REQUEST' }))
})

describe('topics', () => {
  it('are listed, described and peeked at from their end', async () => {
    await bus.publish('queue-events', [{ key: 'a', value: 'one' }, { key: 'a', value: Uint8Array.from([0xff]) }])
    expect(await get('/api/topics')).toMatchObject({ topics: [{ name: 'dead-letters' }, { name: 'queue-events', messages: 2 }, { name: 'wf-ws-trades-data' }] })
    expect(await get('/api/topics/queue-events')).toMatchObject({ partitions: [{ latest: '2' }] })
    expect(await get('/api/topics/queue-events/messages?limit=1')).toMatchObject({ messages: [{ offset: '1', encoding: 'base64', value: '/w==' }] })
    expect(await get('/api/topics/none')).toMatchObject({ status: 404, code: 'TOPIC_NOT_FOUND' })
    expect(await get('/api/topics/queue-events/messages?partition=7')).toMatchObject({ status: 404 })
  })

  it('get their dead letters back, mended, once', async () => {
    await bus.admin.createTopic({ name: 'source', partitions: 1 })
    await bus.publish(deadLetterTopic.name, [{ key: 'k', value: 'broken', headers: DeadLetterHeaders.parse({
      'dead-letter-reason': 'why', 'dead-letter-code': 'BAD_MESSAGE', 'dead-letter-source-topic': 'source', 'dead-letter-source-partition': '0',
      'dead-letter-source-offset': '7', 'dead-letter-group': 'g', 'dead-letter-service': 's', 'dead-letter-time': new Date(start).toISOString(),
    }) }])
    expect(await get('/api/dead-letters')).toMatchObject({ total: 1, letters: [{ value: 'broken', reason: 'why' }] })
    const redrive = () => app.inject({ method: 'POST', url: '/api/dead-letters/redrive', headers: { host: 'localhost' }, payload: { letters: [{ partition: 0, offset: '0', value: 'mended' }] } })
    expect((await redrive()).json()).toEqual({ redriven: 1 })
    expect((await bus.admin.peek('source', { partition: 0, limit: 5 })).map((m) => String(m.value))).toEqual(['mended'])
    expect(await get('/api/dead-letters')).toMatchObject({ total: 0 })
    expect((await redrive()).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
    expect((await app.inject({ method: 'POST', url: '/api/dead-letters/redrive', headers: { host: 'localhost' }, payload: { letters: [] } })).json()).toMatchObject({ status: 422, errors: [{ field: 'letters' }] })
  })
})

describe('what people do to workflows', () => {
  it('is passed on to queue-manager as it is, and nothing else is', async () => {
    expect(await get('/api/workflows?limit=2')).toEqual({ method: 'GET', url: '/workflows?limit=2' })
    const stop = await app.inject({ method: 'POST', url: '/api/workflows/wf-a1b2c3/stop', headers: { host: 'localhost' } })
    expect(stop.json()).toEqual({ method: 'POST', url: '/workflows/wf-a1b2c3/stop' })
    expect(await get('/api/metrics')).toMatchObject({ status: 404 })
  })

  it('is asked again where the queue-manager that answers stands by', async () => {
    standsByFor = 2
    const stop = await app.inject({ method: 'POST', url: '/api/workflows/wf-a1b2c3/stop', headers: { host: 'localhost' } })
    expect([stop.statusCode, stop.json(), standsByFor]).toEqual([200, { method: 'POST', url: '/workflows/wf-a1b2c3/stop' }, 0])
  })

  it.each([
    ['another site', { host: 'localhost', origin: 'https://elsewhere.example' }], ['a name that merely resolves here', { host: 'elsewhere.example' }],
    ['a cross-site form', { host: 'localhost', 'sec-fetch-site': 'cross-site' }],
  ])('is refused from %s', async (_who, headers) => {
    const counted = async () => Number(/reason="not_allowed"\} (\d+)/.exec(await registry.getSingleMetricAsString('streamforge_http_refusals_total'))?.[1] ?? 0)
    const before = await counted()
    expect((await app.inject({ method: 'POST', url: '/api/workflows/wf-a1b2c3/stop', headers })).json()).toMatchObject({ status: 403, code: 'NOT_ALLOWED' })
    expect(await counted()).toBe(before + 1)
  })
})

describe('pages', () => {
  it('are the one page at every address of theirs, files by name, and nothing beside', async () => {
    for (const path of ['/', '/workflows/wf-a1b2c3', '/market/binance/BTCUSDT/5m', '/topics/wf-x_y.z-data']) {
      const answer = await app.inject({ url: path, headers: { host: 'localhost' } })
      expect([answer.statusCode, answer.body]).toEqual([200, '<p>the page</p>'])
      expect(answer.headers['content-security-policy']).toContain("script-src 'self'; style-src 'self';")
    }
    expect((await app.inject({ url: '/assets/a-1.js', headers: { host: 'localhost' } })).headers['cache-control']).toContain('immutable')
    for (const path of ['/nothing', '/assets/none.js', '/assets/..%2f..%2fstore.db', '/assets/../../store.db']) {
      expect((await app.inject({ url: path, headers: { host: 'localhost' } })).statusCode, path).toBe(path.includes('%2f') ? 400 : 404)
    }
  })
})

describe('/live', () => {
  async function connect() {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live`)
    const messages: LiveServerMessage[] = []
    socket.on('message', (data) => messages.push(JSON.parse(String(data)) as LiveServerMessage))
    await once(socket, 'open')
    const trades = () => messages.flatMap((m) => (m.op === 'data' && m.data.kind === 'trades' ? m.data.trades.map((t) => t.trade_id) : []))
    return { socket, messages, trades, send: (message: object) => socket.send(JSON.stringify(message)) }
  }

  it('sends what is stored after the last one seen, then what comes, whether stored yet or not', async () => {
    // On the topic, not in the store: the connector has not come to it.
    await publishMessages(bus, catalog.data, [trade(4)], { topic: 'wf-ws-trades-data' })
    const live = await connect()
    live.send({ op: 'subscribe', id: 1, channel: { kind: 'trades', venue, symbol }, since: 1 })
    await expect.poll(() => new Set(live.trades())).toEqual(new Set([2, 3, 4]))
    await publishMessages(bus, catalog.data, [trade(5), trade(6)], { topic: 'wf-ws-trades-data' })
    await expect.poll(() => live.trades()).toContain(6)
    expect(live.messages[0]).toMatchObject({ op: 'heartbeat' })
    live.send({ op: 'unsubscribe', id: 1 })
    live.socket.close()
  })

  it('tells of workflows that change and that go', async () => {
    const live = await connect()
    live.send({ op: 'subscribe', id: 2, channel: { kind: 'workflows' } })
    const seen = () => live.messages.flatMap((m) => (m.op === 'data' && m.data.kind === 'workflows' ? [[m.data.workflows.map((w) => w.workflow_id), m.data.removed]] : []))
    await expect.poll(seen).toEqual([[[], []]])
    await store.writeBatch('workflows', [{ _key: 'wf-a1b2c3', workflow_id: 'wf-a1b2c3', version: 1, position: '1' }])
    await expect.poll(seen, { timeout: 5_000 }).toContainEqual([['wf-a1b2c3'], []])
    await store.deleteKeys('workflows', ['wf-a1b2c3'])
    await expect.poll(seen, { timeout: 5_000 }).toContainEqual([[], ['wf-a1b2c3']])
    live.socket.close()
  })

  it('answers what it cannot read, and refuses pages of other sites', async () => {
    const live = await connect()
    live.socket.send('not JSON')
    live.send({ op: 'subscribe', id: 3, channel: { kind: 'nothing' } })
    await expect.poll(() => live.messages.filter((m) => m.op === 'problem')).toHaveLength(2)
    live.socket.close()
    const foreign = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: { origin: 'https://elsewhere.example' } })
    const [error] = await once(foreign, 'error') as [Error]
    expect(error.message).toContain('403')
  })
})

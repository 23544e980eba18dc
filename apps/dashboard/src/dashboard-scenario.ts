import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, publishMessages, type Bus } from '@streamforge/bus'
import { catalog, recordKey, type BookDiff, type BookSnapshot, type DataMessage, type LiveChannel, type LivePayload, type LiveServerMessage, type Trade } from '@streamforge/contracts'
import { connectObjects, type ObjectStore } from '@streamforge/objects'
import { connectSettings, connectStore, type SettingsStore, type Store } from '@streamforge/store'
import { pino } from 'pino'
import { WebSocket } from 'ws'
import { openTradeHistory } from './derive/trade-history.ts'
import { createServer } from './http/server.ts'
import { openTestSignIn } from './session/sign-in-fixture.ts'
import { openLiveHub } from './live/live-hub.ts'
import { readDatasets } from './read/datasets.ts'

export const venue = 'binance'
export const start = Date.UTC(2024, 7, 1)

export const trade = (id: number, at: number, price = 5, symbol = 'BTCUSDT'): Trade =>
  ({ kind: 'trade', venue, symbol, trade_id: id, price, quantity: 1, buyer_maker: false, event_time: start + at, known_time: start + at, backfilled: false })
const book = (symbol: string) => ({ venue, symbol, market: 'spot' as const, event_time: start, known_time: start })
export const bookSnapshot = (id: number, symbol = 'BTCUSDT'): BookSnapshot => ({ kind: 'book_snapshot', ...book(symbol), last_update_id: id, depth: 5, bids: [['10', '1']], asks: [['11', '1']], source: 'rest' })
export const bookDiff = (id: number, quantity: string, symbol = 'BTCUSDT'): BookDiff => ({ kind: 'book_diff', ...book(symbol), first_update_id: id, final_update_id: id, bids: [['10', quantity]], asks: [] })

export interface Page {
  readonly socket: WebSocket
  readonly messages: LiveServerMessage[]
  send(message: object): void
  follow(id: number, channel: LiveChannel, since?: number): void
  payloads<K extends LivePayload['kind']>(kind: K): Extract<LivePayload, { kind: K }>[]
}

export interface DashboardScenario {
  readonly bus: Bus
  readonly store: Store
  readonly objects: ObjectStore
  readonly settings: SettingsStore
  readonly url: string
  readonly directory: string
  /** A queue as the orchestrator has it in the store, with its topic and its collection. */
  addQueue(id: string, type: string, status: string, options?: { symbol?: string; topic?: string; collection?: string }): Promise<void>
  publish(topic: string, records: readonly DataMessage[]): Promise<void>
  storeTrades(collection: string, trades: readonly Trade[]): Promise<void>
  get(path: string): Promise<unknown>
  open(): Promise<Page>
  close(): Promise<void>
}

/** The dashboard's server over an embedded store and a bus (by default an embedded one), in a directory of its own. For tests. */
export async function openDashboard(options: { bus?: Bus; maxWaiting?: number; web?: Promise<string>; managerUrl?: string; store?: Store; signIn?: Partial<Parameters<typeof openTestSignIn>[0]>; standingMs?: number } = {}): Promise<DashboardScenario> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-dashboard-'))
  const log = pino({ level: 'silent' })
  const bus = options.bus ?? await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = options.store ?? await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const objects = await connectObjects({ kind: 'embedded', directory: join(directory, 'objects') })
  const settings = await connectSettings({ kind: 'sqlite', file: join(directory, 'settings.db') })
  const web = join(directory, 'web')
  await mkdir(web)
  await writeFile(join(web, 'index.html'), '<p>the page</p>')
  await store.ensureCollection('queues')
  const datasets = readDatasets({ store, now: Date.now })
  const history = openTradeHistory(store)
  const hub = openLiveHub({ bus, store, datasets, history, log, now: Date.now })
  const app = await createServer({
    bus, store, objects, settings, datasets, history, hub, web: options.web ?? Promise.resolve(web), log, now: Date.now, signIn: await openTestSignIn({ store, dataDir: directory, ...options.signIn }), managerUrl: options.managerUrl ?? 'http://127.0.0.1:9',
    ...(options.standingMs !== undefined && { standingMs: options.standingMs }),
    ...(options.maxWaiting !== undefined && { maxWaiting: options.maxWaiting }),
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    bus, store, objects, settings, url, directory,
    async addQueue(id, type, status, { symbol = 'BTCUSDT', topic = `${id}-data`, collection = `${symbol.toLowerCase()}_trades` } = {}) {
      await store.ensureCollection(collection)
      await bus.admin.createTopic({ name: topic, partitions: 1 })
      await store.writeBatch('queues', [{
        _key: id, queue_id: id, workflow_id: 'wf-a1b2c3', venue, symbol, type, status, time_range: '2024-08-01:2024-08-02', collection_name: collection, kafka_topic: topic,
        version: 1, position: id, jobs: [{ target: 'arango-connector', records_written: 0 }],
      }])
    },
    publish: (topic, records) => publishMessages(bus, catalog.data, records, { topic }),
    storeTrades: async (collection, trades) => void await store.writeBatch(collection, trades.map((t) => ({ ...t, _key: recordKey(t) }))),
    get: async (path) => (await fetch(url + path)).json(),
    open: () => openPage(url),
    async close() {
      await app.close()
      await hub.close()
      await objects.close()
      await settings.close()
      await bus.close()
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export async function openPage(url: string): Promise<Page> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`)
  const messages: LiveServerMessage[] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as LiveServerMessage))
  await once(socket, 'open')
  const send = (message: object) => socket.send(JSON.stringify(message))
  return {
    socket, messages, send,
    follow: (id, channel, since) => send({ op: 'subscribe', id, channel, ...(since !== undefined && { since }) }),
    payloads: <K extends LivePayload['kind']>(kind: K) =>
      messages.flatMap((m) => (m.op === 'data' && m.data.kind === kind ? [m.data as Extract<LivePayload, { kind: K }>] : [])),
  }
}

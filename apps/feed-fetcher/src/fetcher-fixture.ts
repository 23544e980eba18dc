import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, publishMessages, type Bus } from '@streamforge/bus'
import { catalog, type FeedAnswer, type FeedCommand, type FeedRun, type MessageName, type MessageOf } from '@streamforge/contracts'
import { createLogger, loadConfig, noTracing } from '@streamforge/service'
import { connectStore, type Lease, type Store } from '@streamforge/store'
import { Registry } from 'prom-client'
import { Config } from './config.ts'
import { type FeedFetcher, type FetcherContext, openFeedFetcher, type World } from './fetch-feeds.ts'
import { fetchWhileHeld, type HeldFetching } from './fetch-while-held.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A source on this machine, a bus, a store and a feed.yaml, and feed-fetchers that come and go. */
export interface FetcherFixture {
  readonly directory: string
  readonly host: string
  readonly bus: Bus
  readonly store: Store
  readonly metrics: Registry
  /** What the source answers; tests change it. */
  answer: Answer
  /** What was asked, oldest first: path with query. */
  readonly asked: string[]
  writeFeeds(text: string): Promise<void>
  open(world?: Partial<World>, env?: Record<string, string>, held?: Pick<Lease, 'assertHeld'>): Promise<FeedFetcher>
  /** One of several, as on another machine: nobody sees whether its process lives. */
  hold(instance: string, env?: Record<string, string>): Promise<HeldFetching>
  context(env?: Record<string, string>): FetcherContext
  command(command: FeedCommand): Promise<FeedAnswer>
  messages<N extends MessageName>(name: N): Promise<MessageOf<N>[]>
  runs(): Promise<FeedRun[]>
  close(): Promise<void>
}

export const json = (body: unknown, head: Record<string, string> = {}): Answer => (_, response) =>
  void response.writeHead(200, { 'content-type': 'application/json', ...head }).end(JSON.stringify(body))

/** Looks again and again until something is there; the test's own time limit ends it. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export async function openFetcherFixture(): Promise<FetcherFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-feeds-'))
  const bus = await connectBus({ kind: 'embedded', directory: join(directory, 'bus') })
  const store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  const metrics = new Registry()
  const asked: string[] = []
  const open: { close(): Promise<void> }[] = []
  const stops: AbortController[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    // Tests say what time it is there.
    response.sendDate = false
    fixture.answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  async function messages<N extends MessageName>(name: N): Promise<MessageOf<N>[]> {
    const found = await bus.admin.peek(catalog[name].topic, { partition: 0, limit: 100_000 })
    return found.map((message) => catalog[name].schema.parse(JSON.parse(message.value.toString())) as MessageOf<N>)
  }

  const fixture: FetcherFixture = {
    directory, host, bus, store, metrics, asked, answer: json({}), messages,
    writeFeeds: (text) => writeFile(join(directory, 'feed.yaml'), text),
    context(env = {}) {
      const stop = new AbortController()
      stops.push(stop)
      metrics.clear()
      const config = loadConfig(Config, { DATA_DIR: directory, FEED_FILE: join(directory, 'feed.yaml'), FEED_ALLOW_PRIVATE: host, FEED_RELOAD_MS: '50', ...env })
      return {
        name: 'feed-fetcher', config, log: createLogger({ service: 'feed-fetcher', level: 'silent', stream: undefined }), bus, store: () => Promise.resolve(store),
        objects: () => Promise.reject(new Error('feeds need no objects')), series: () => Promise.reject(new Error('feeds need no time series')), metrics, tracing: noTracing,
        signal: stop.signal, now: Date.now, random: () => 0.5, setReady: () => undefined,
      }
    },
    async open(world = {}, env = {}, held = undefined) {
      const fetcher = await openFeedFetcher(fixture.context(env), { env: {}, ...world }, held)
      open.push(fetcher)
      return fetcher
    },
    async hold(instance, env = {}) {
      const held = await fetchWhileHeld({
        context: fixture.context(env), world: { env: {} }, holder: { instance, host: 'elsewhere', pid: 1, started_at: '' },
        onLost: (error) => { throw error }, onFailure: (error) => { throw error },
      })
      open.push(held)
      return held
    },
    async command(command) {
      await publishMessages(bus, catalog['feed-control'], [command])
      return await eventually(async () => await store.get('feed_answers', command.request_id).catch(() => undefined)) as unknown as FeedAnswer
    },
    runs: () => messages('feed-runs'),
    async close() {
      for (const stop of stops) stop.abort(new Error('the test is over'))
      for (const one of open) await one.close()
      await store.close()
      await bus.close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await rm(directory, { recursive: true, force: true })
    },
  }
  return fixture
}

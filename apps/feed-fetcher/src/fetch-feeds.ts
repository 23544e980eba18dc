import { join, resolve } from 'node:path'
import { ensureTopics } from '@streamforge/bus'
import type { FeedRun } from '@streamforge/contracts'
import { openWire, parseAllowances, systemResolve, type Resolve } from '@streamforge/guards'
import type { ConfigOf, ServiceContext } from '@streamforge/service'
import type { Lease } from '@streamforge/store'
import type { Config } from './config.ts'
import { followCommands } from './control/follow-commands.ts'
import type { Feed } from './feed-file/feed.ts'
import { openFeedFiles } from './feed-file/feed-files.ts'
import { readFeedFile } from './feed-file/read-feed-file.ts'
import { feedMetrics } from './feed-metrics.ts'
import { feedTerms } from './fetching/feed-terms.ts'
import { createHostLimits, type Rate } from './fetching/host-limits.ts'
import { insistence } from './insist.ts'
import { collect, type Fetching } from './run/collect.ts'
import { composeRun } from './run/compose-run.ts'
import { planRequests } from './run/plan-requests.ts'
import { runFeed, sendOutbox } from './run/run-feed.ts'
import { type Clock, systemClock } from './schedule/clock.ts'
import { isOpen } from './schedule/market-hours.ts'
import { phaseOf, type Schedule } from './schedule/next-run.ts'
import { createScheduler } from './schedule/scheduler.ts'
import { documentOf } from './state/feed-document.ts'
import { openFeedStates } from './state/feed-states.ts'

/** What tests put in the place of the machine's own. */
export interface World {
  readonly clock: Clock
  readonly resolve: Resolve
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface FeedFetcher {
  /** Runs every feed that is not paused and whose market is open, once; resolves with how many failed. */
  runOnce(): Promise<number>
  /** Begins to run feeds on their schedules and to follow commands. */
  start(): Promise<void>
  close(): Promise<void>
}

export type FetcherContext = ServiceContext<ConfigOf<typeof Config>>

const defaultFile = resolve(import.meta.dirname, '../feed.yaml')
/** A dry run shows what an address answers; it need not ask for every symbol. */
const dryRunRequests = 2

const scheduleOf = ({ name, intervalMs, hours }: Feed): Schedule => ({ intervalMs, hours, phaseMs: phaseOf(name, intervalMs) })

/** Puts the parts of feed-fetcher together. Nothing is published or remembered but while the lease is held; without one there must be no other. */
export async function openFeedFetcher(context: FetcherContext, world: Partial<World> = {}, { assertHeld }: Pick<Lease, 'assertHeld'> = { assertHeld: () => undefined }): Promise<FeedFetcher> {
  const { bus, config, log, metrics, now, random, signal, name: service } = context
  const { clock = systemClock(now), resolve: resolveHost = systemResolve, env = process.env } = world
  const insist = insistence(context)
  const store = await insist('connecting the store', context.store)
  await insist('making topics', () => ensureTopics(bus))
  const addresses = { binance: config.BINANCE_REST_URL }
  const files = await openFeedFiles({
    store, addresses, now: clock.now, paths: config.FEED_FILE === undefined ? [join(config.DATA_DIR, 'feed.yaml'), defaultFile] : [config.FEED_FILE],
  })
  const states = await openFeedStates({ store, insist, assertHeld })
  const allowances = parseAllowances([config.FEED_ALLOW_PRIVATE, new URL(config.BINANCE_REST_URL).host].join(','), feedTerms)
  const wire = openWire(allowances, resolveHost)
  const fetching: Fetching = {
    wire, clock, random, limits: createHostLimits(clock), secrets: { env, directory: config.FEED_SECRETS_DIR }, files: config.FEED_FILES_DIR,
  }
  const observed = feedMetrics(metrics, states.all)
  let feeds = new Map<string, Feed>()
  let closeControl = () => Promise.resolve()
  let cancelReload = () => {}

  const run = async (name: string, how: Parameters<typeof runFeed>[3]): Promise<FeedRun | undefined> => {
    const feed = feeds.get(name)
    if (!feed) return undefined
    try {
      const result = await runFeed({ fetching, states, bus, insist, signal, assertHeld }, feed, scheduleOf(feed), how)
      observed.observe(result)
      if (result.error) log.warn({ feed: name, code: result.error.code, error: result.error.message }, 'a feed failed')
      else log.debug({ feed: name, records: result.records }, 'a feed ran')
      return result
    } catch (error) {
      if (!signal.aborted) log.error({ err: error, feed: name }, 'a run broke off')
      return undefined
    }
  }
  const scheduler = createScheduler({
    clock, concurrency: config.FEED_CONCURRENCY, paused: (name) => states.get(name)?.paused ?? false,
    run: async (name, how) => void await run(name, how),
    onPlanned(name, next) {
      const document = states.get(name)
      if (document) states.put({ ...document, next_run_at: next < Infinity ? Math.floor(next) : undefined })
    },
  })

  function takeFeeds(): void {
    feeds = new Map(files.feeds().map((feed) => [feed.name, feed]))
    const at = Math.floor(clock.now())
    for (const feed of feeds.values()) states.put(documentOf(feed, states.get(feed.name), at))
    for (const document of states.all()) {
      if (feeds.has(document.name) || document.status === 'removed') continue
      states.put({ ...document, status: 'removed', next_run_at: undefined, updated_at: at })
    }
    fetching.limits.setRules(ratesByHost(feeds.values()))
  }

  const schedule = () => scheduler.replace([...feeds.values()].map((feed) => ({ name: feed.name, schedule: scheduleOf(feed) })))

  async function reload(): Promise<void> {
    const before = files.state().version
    const changed = await files.reload()
    if (changed) log.info({ version: files.state().version, feeds: files.feeds().length }, 'feed.yaml is in force')
    const { refused, version } = files.state()
    if (refused && version !== before) log.error({ problems: refused.problems }, 'feed.yaml is refused; the one before stays in force')
    if (!changed) return
    takeFeeds()
    schedule()
  }

  function watch(): void {
    cancelReload = clock.at(clock.now() + config.FEED_RELOAD_MS, () => {
      void reload().catch((error: unknown) => log.error({ err: error }, 'feed.yaml could not be looked at')).finally(() => {
        if (!signal.aborted) watch()
      })
    })
  }

  await files.reload()
  const { refused } = files.state()
  if (refused) log.error({ problems: refused.problems }, 'feed.yaml is refused; the one before stays in force')
  takeFeeds()
  for (const { name, memory } of [...states.all()]) if (memory.outbox) await sendOutbox({ states, bus, insist, assertHeld }, name)

  async function setPaused(name: string, paused: boolean): Promise<void> {
    const document = states.get(name)!
    states.put({ ...document, paused, status: paused ? 'paused' : document.last_run?.error ? 'failing' : 'waiting', updated_at: Math.floor(clock.now()) })
    if (paused) scheduler.pause(name)
    else scheduler.resume(name)
    await states.stored()
  }

  return {
    async runOnce() {
      const due = [...feeds.values()].filter((feed) => !states.get(feed.name)!.paused && isOpen(feed.hours, clock.now()))
      const results = await Promise.all(due.map((feed) => run(feed.name, { scheduledAt: clock.now(), trigger: 'once' })))
      return results.filter((result) => !result || result.error).length
    },
    async start() {
      schedule()
      watch()
      const control = await followCommands({
        bus, store, service,
        controlled: {
          now: clock.now, has: (name) => feeds.has(name), pause: (name) => setPaused(name, true), resume: (name) => setPaused(name, false),
          runNow: scheduler.runNow,
          async setFile(text, expected) {
            const result = await files.set(text, expected)
            if (result.ok) {
              takeFeeds()
              schedule()
            }
            return result
          },
          read: (text) => readFeedFile(text, addresses),
          async tryOut(feed) {
            const startedAt = clock.now()
            const collected = await collect(fetching, feed, planRequests(feed, startedAt).slice(0, dryRunRequests), {}, signal)
            const { quotes, articles } = collected
            return {
              run: composeRun(feed, collected, { quotes, articles, unchanged: 0 }, { trigger: 'manual', scheduledAt: startedAt, startedAt, endedAt: clock.now() }),
              records: [...quotes, ...articles], rejected: collected.rejected,
            }
          },
        },
      })
      closeControl = control.close
    },
    async close() {
      cancelReload()
      await closeControl()
      await scheduler.close()
      await states.close()
      wire.close()
    },
  }
}

/** Rules of all feeds of a host: each must be kept, so that the strictest holds. */
function ratesByHost(feeds: Iterable<Feed>): Map<string, Rate[]> {
  const rates = new Map<string, Rate[]>()
  for (const { host, rate } of feeds) if (rate) rates.set(host, [...(rates.get(host) ?? []), rate])
  return rates
}

import { type Bus, publishMessages } from '@streamforge/bus'
import { catalog, type FeedRun, type FeedTrigger } from '@streamforge/contracts'
import type { Feed } from '../feed-file/feed.ts'
import { isOpen } from '../schedule/market-hours.ts'
import { nextRun, type Schedule } from '../schedule/next-run.ts'
import { type FeedDocument, type Outbox, withRun } from '../state/feed-document.ts'
import type { FeedStates } from '../state/feed-states.ts'
import { collect, type Fetching } from './collect.ts'
import { composeRun, stockDetailsOf } from './compose-run.ts'
import { keepNew } from './keep-new.ts'
import { planRequests, type Span } from './plan-requests.ts'

export interface RunOptions {
  fetching: Fetching
  states: FeedStates
  bus: Bus
  /** Repeats what fails while it may succeed later. */
  insist: <T>(what: string, work: () => Promise<T>) => Promise<T>
  signal: AbortSignal
  /** @throws StreamForgeError NOT_LEADER while another process may have this feed: what it brought is not published then */
  assertHeld: () => void
}

/** How much of the past is asked for at most. */
const longestPastMs = 30 * 86_400_000
const publishedAtOnce = 1_000

/**
 * Runs a feed once: ask, read, keep what is new, remember it as under way, send it, forget that it was under way. Killed anywhere, nothing
 * is lost, for what was remembered is sent at the next start, and nothing doubled, for it has the same keys then.
 */
export async function runFeed(options: RunOptions, feed: Feed, schedule: Schedule, { scheduledAt, trigger }: { scheduledAt: number; trigger: FeedTrigger }): Promise<FeedRun> {
  const { fetching, states, insist, signal } = options
  const { clock } = fetching
  const startedAt = clock.now()
  const before = states.get(feed.name)!
  states.put({ ...before, status: 'running', updated_at: Math.floor(startedAt) })
  const past = missedSpan(feed, schedule, before, startedAt)
  const requests = [...(past ? planRequests(feed, startedAt, past) : []), ...planRequests(feed, startedAt)]
  const collected = await collect(fetching, feed, requests, before.memory.validators, signal).catch((error: unknown) => {
    states.put({ ...states.get(feed.name)!, status: before.status })
    throw error
  })
  const kept = keepNew(before.memory.known, collected.quotes, collected.articles)
  const run = composeRun(feed, collected, kept, { trigger: past && trigger === 'schedule' ? 'catch_up' : trigger, scheduledAt, startedAt, endedAt: clock.now() })
  // What has the same key whenever it is asked for needs no memory: it is sent before anything says that it was fetched.
  await insist('publishing', () => publish(options, { quotes: kept.quotes.filter((q) => q.backfilled), articles: kept.articles.filter((a) => a.backfilled) }))
  const fresh = kept.quotes.filter((q) => !q.backfilled)
  const outbox: Outbox = { quotes: fresh, articles: kept.articles.filter((a) => !a.backfilled), details: stockDetailsOf(feed, fresh) ?? null, run }
  const done = withRun(states.get(feed.name)!, run, { known: kept.known, validators: collected.validators, outbox }, { skewMs: collected.skewMs, open: isOpen(feed.hours, startedAt) })
  states.put(done)
  await states.stored()
  await sendOutbox(options, feed.name)
  return run
}

/** Sends what a state says is under way, and says so. */
export async function sendOutbox(options: Pick<RunOptions, 'states' | 'bus' | 'insist' | 'assertHeld'>, name: string): Promise<void> {
  const { states, insist } = options
  const document = states.get(name)
  const outbox = document?.memory.outbox
  if (!document || !outbox) return
  await insist('publishing', () => publish(options, outbox))
  const now = states.get(name)!
  states.put({ ...now, memory: { ...now.memory, outbox: null } })
}

async function publish({ bus, assertHeld }: Pick<RunOptions, 'bus' | 'assertHeld'>, { quotes, articles, details, run }: Pick<Outbox, 'quotes' | 'articles'> & Partial<Outbox>): Promise<void> {
  assertHeld()
  for (let i = 0; i < quotes.length; i += publishedAtOnce) await publishMessages(bus, catalog.quotes, quotes.slice(i, i + publishedAtOnce))
  for (let i = 0; i < articles.length; i += publishedAtOnce) await publishMessages(bus, catalog.news, articles.slice(i, i + publishedAtOnce))
  if (details) await publishMessages(bus, catalog['stock-details'], [details])
  if (run) await publishMessages(bus, catalog['feed-runs'], [run])
}

/** What was missed since the last success, where the source has the past: undefined when no slot was. */
export function missedSpan(feed: Feed, schedule: Schedule, { last_success_at: last }: Pick<FeedDocument, 'last_success_at'>, now: number): Span | undefined {
  if (feed.history === undefined || last === undefined) return undefined
  // The slot that runs now is not missed; one before it is, when it lies after the last success.
  const next = nextRun(schedule, last)
  const missed = next < now && nextRun(schedule, next) <= now
  return missed ? { from: Math.max(last, now - longestPastMs), to: now } : undefined
}

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { isCertainlyGone, ownIdentity } from '@streamforge/bus'
import { StreamForgeError, type LeaseHolder } from '@streamforge/contracts'
import { leaseWatch, type Lease, type LeaseWatch } from '@streamforge/store'
import { openFeedFetcher, type FeedFetcher, type FetcherContext, type World } from './fetch-feeds.ts'
import { insistence } from './insist.ts'

export interface FetchingParts {
  context: FetcherContext
  /** Another process has the feeds now: whatever is under way here must end. */
  onLost: (error: StreamForgeError) => void
  /** What this process would do with the feeds could not be begun. */
  onFailure: (error: unknown) => void
  world?: Partial<World>
  /** Who this is; tests have several in one process. */
  holder?: LeaseHolder
}

/** Of several feed-fetchers one has all feeds, so that none is asked or published twice; the others wait for it to end. */
export interface HeldFetching {
  /** Whether this one has them. */
  fetches(): boolean
  /** Ends what is under way, then hands the feeds on: another process goes on at once. */
  close(): Promise<void>
}

/** This start of this process. */
function ownHolder(): LeaseHolder {
  const { pid, startedAt, host } = ownIdentity()
  return { instance: `${pid}-${randomBytes(4).toString('hex')}`, host, pid, started_at: startedAt }
}

async function watchFeeds(context: FetcherContext, holder = ownHolder()): Promise<LeaseWatch> {
  const { config, log, now, signal } = context
  return leaseWatch({
    store: await insistence(context)('connecting the store', context.store), name: 'feed-fetcher', holder, ttlMs: config.LEASE_MS, now, elapsed: () => performance.now(), signal,
    isGone: ({ pid, host, started_at }) => isCertainlyGone({ pid, host, startedAt: started_at }),
    onFailure: (err) => log.warn({ err }, 'the lease could not be looked at; trying again'),
  })
}

/** Resolves when it fetches or is known to wait. */
export async function fetchWhileHeld({ context, onLost, onFailure, world, holder }: FetchingParts): Promise<HeldFetching> {
  const { config, log, signal } = context
  const watch = await watchFeeds(context, holder)
  let lease: Lease | undefined
  let fetcher: FeedFetcher | undefined
  const begin = async (taken: Lease) => {
    lease = taken
    void taken.lost.then(onLost)
    fetcher = await openFeedFetcher(context, world, taken)
    await fetcher.start()
    log.info({ epoch: taken.epoch }, 'fetching')
  }
  const waitForTurn = async () => {
    log.info({ holder: watch.holder() }, 'waiting: another feed-fetcher has the feeds')
    while (!signal.aborted) {
      await delay(config.LEASE_MS / 10, undefined, { signal })
      const taken = await watch.tryOnce()
      if (taken) return begin(taken)
    }
  }
  const first = await watch.tryOnce()
  let waiting: Promise<unknown> = Promise.resolve()
  if (first) await begin(first)
  else waiting = waitForTurn().catch((error: unknown) => { if (!signal.aborted) onFailure(error) })
  // Once: what was given back may be another's by the second time.
  let closing: Promise<void> | undefined
  const end = async () => {
    await waiting
    await fetcher?.close()
    await lease?.release()
  }
  return {
    fetches: () => fetcher !== undefined && lease?.isHeld() === true,
    close: () => (closing ??= end()),
  }
}

/**
 * Runs every feed once, with the lease; resolves with how many failed.
 * @throws StreamForgeError NOT_LEADER when another feed-fetcher has the feeds: it runs them
 */
export async function runOnceHeld(context: FetcherContext, world: Partial<World> = {}, holder?: LeaseHolder): Promise<number> {
  const { config, signal } = context
  const watch = await watchFeeds(context, holder)
  const until = performance.now() + 2 * config.LEASE_MS
  let lease = await watch.tryOnce()
  // One that died on another machine is known to be gone when it has been silent for as long as its lease lasts.
  while (!lease && performance.now() < until) {
    await delay(config.LEASE_MS / 10, undefined, { signal })
    lease = await watch.tryOnce()
  }
  if (!lease) {
    throw new StreamForgeError('NOT_LEADER', 'another feed-fetcher has the feeds', { remedy: 'let that one run them, or try again when it has ended' })
  }
  const fetcher = await openFeedFetcher(context, world, lease)
  try {
    return await fetcher.runOnce()
  } finally {
    await fetcher.close()
    await lease.release()
  }
}

import { StreamForgeError, type LeaseHolder } from '@streamforge/contracts'
import { leadOrStandBy, ownLease } from '@streamforge/service'
import { leaseWatch, type Lease, type LeaseOptions } from '@streamforge/store'
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

async function feedsLease(context: FetcherContext, holder: LeaseHolder | undefined): Promise<LeaseOptions> {
  const { config, log, now, signal } = context
  const store = await insistence(context)('connecting the store', context.store)
  return ownLease({ store, name: 'feed-fetcher', ttlMs: config.LEASE_MS, now, signal, log, ...(holder && { holder }) })
}

/** Resolves when it fetches or is known to wait. */
export async function fetchWhileHeld({ context, onLost, onFailure, world, holder }: FetchingParts): Promise<HeldFetching> {
  const { log } = context
  const fetching = await leadOrStandBy({
    lease: await feedsLease(context, holder), start: (lease) => startFetching(context, world, lease), onLost, onFailure,
    onStandBy: (other) => log.info({ holder: other }, 'waiting: another feed-fetcher has the feeds'),
  })
  return { fetches: () => fetching.epoch() > 0, close: fetching.close }
}

async function startFetching(context: FetcherContext, world: Partial<World> | undefined, lease: Lease): Promise<FeedFetcher> {
  const fetcher = await openFeedFetcher(context, world, lease)
  try {
    await fetcher.start()
  } catch (error) {
    await fetcher.close()
    throw error
  }
  context.log.info({ epoch: lease.epoch }, 'fetching')
  return fetcher
}

/**
 * Runs every feed once, with the lease; resolves with how many failed.
 * @throws StreamForgeError NOT_LEADER when another feed-fetcher has the feeds: it runs them
 */
export async function runOnceHeld(context: FetcherContext, world: Partial<World> = {}, holder?: LeaseHolder): Promise<number> {
  const watch = leaseWatch(await feedsLease(context, holder))
  // One that died on another machine is known to be gone when it has been silent for as long as its lease lasts.
  const lease = await watch.tryOnce() ?? await watch.wait(2 * context.config.LEASE_MS)
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

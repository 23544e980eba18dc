import { setTimeout as delay } from 'node:timers/promises'
import { leasesCollection, StoredLease, StreamForgeError, type LeaseHolder } from '@streamforge/contracts'
import type { Store } from '../store.ts'
import { mayTake, seeLease, type SeenLease } from './watch-lease.ts'

export interface LeaseOptions {
  store: Store
  /** What it is for: of those who ask for the same name one has it. */
  name: string
  holder: LeaseHolder
  /** How long it lasts without being renewed, in milliseconds. It is renewed four times as often. */
  ttlMs: number
  /** Milliseconds since the epoch, for the document. */
  now: () => number
  /** Milliseconds of a clock that never jumps, such as performance.now. */
  elapsed: () => number
  /** Whether a holder is certainly no more; false says nothing. */
  isGone: (holder: LeaseHolder) => boolean
  /** Ends the waiting; what is held is renewed until it is released. */
  signal: AbortSignal
  /** The store did not answer; it is asked again. */
  onFailure?: (error: unknown) => void
}

export interface Lease {
  /** Greater than that of every holder before: goes into whatever is written under this lease. */
  readonly epoch: number
  /** Whether nobody else can have it now. False while the store is away for longer than it lasts; it may be true again later. */
  isHeld(): boolean
  /** @throws StreamForgeError NOT_LEADER when it is not held now */
  assertHeld(): void
  /** Resolves when somebody else has it; never comes back from that. */
  readonly lost: Promise<StreamForgeError>
  /** Gives it to whoever asks next. */
  release(): Promise<void>
}

/** How much of its time a holder trusts: the rest is for clocks that run at different speeds. */
const trusted = 0.9

export interface LeaseWatch {
  /** Looks once; takes the lease when it can be had. Undefined: somebody else has it, or the store is away. */
  tryOnce(): Promise<Lease | undefined>
  /** Goes on looking, ten times in as long as the lease lasts, until it can be had or `withinMs` are over (undefined). Rejects when the signal aborts. */
  wait(withinMs?: number): Promise<Lease | undefined>
  /** Who had it at the last look. */
  holder(): LeaseHolder | undefined
}

export function leaseWatch(options: LeaseOptions): LeaseWatch {
  const { store, name, holder, ttlMs, now, elapsed, isGone, signal, onFailure } = options
  let seen: SeenLease | undefined
  const watch: LeaseWatch = {
    holder: () => (seen?.lease?.released ? undefined : seen?.lease?.holder),
    async wait(withinMs = Infinity) {
      for (const until = elapsed() + withinMs; elapsed() < until;) {
        await delay(ttlMs / 10, undefined, { signal })
        const lease = await watch.tryOnce()
        if (lease) return lease
      }
      return undefined
    },
    async tryOnce() {
      signal.throwIfAborted()
      try {
        await store.ensureCollection(leasesCollection)
        seen = seeLease(seen, await readLease(store, name), elapsed())
        if (!mayTake(seen, elapsed(), isGone)) return undefined
        const asked = elapsed()
        const before = seen.lease
        const lease: StoredLease = {
          _key: name, version: (before?.version ?? 0) + 1, epoch: (before?.epoch ?? 0) + 1, holder, ttl_ms: ttlMs, acquired_at: now(), renewed_at: now(), released: false,
        }
        return await store.compareAndSet(leasesCollection, lease, before?.version ?? 0) ? keepLease(options, lease, asked) : undefined
      } catch (error) {
        // Nobody could renew it meanwhile either: its time begins anew.
        seen = undefined
        onFailure?.(error)
        return undefined
      }
    },
  }
  return watch
}

function keepLease({ store, name, ttlMs, now, elapsed, onFailure }: LeaseOptions, first: StoredLease, asked: number): Lease {
  let lease = first
  /** When the last renewal that is known to have been stored was asked for. */
  let renewed = asked
  let over = false
  const lost = Promise.withResolvers<StreamForgeError>()
  const ended = new AbortController()

  const lose = (current: StoredLease | undefined) => {
    over = true
    const who = current ? `of ${current.holder.instance} in its epoch ${current.epoch}` : 'gone'
    lost.resolve(new StreamForgeError('NOT_LEADER', `the lease '${name}' is ${who}; this process had it in epoch ${first.epoch}`, {
      remedy: 'nothing: whoever has it goes on from what is stored',
    }))
  }
  /** A write whose answer got lost is found by reading. */
  const write = async (change: Partial<StoredLease>): Promise<void> => {
    const at = elapsed()
    const next = { ...lease, ...change, version: lease.version + 1, renewed_at: now() }
    if (await store.compareAndSet(leasesCollection, next, lease.version)) {
      lease = next
      renewed = at
      return
    }
    const current = await readLease(store, name)
    if (current?.epoch !== first.epoch || current.holder.instance !== first.holder.instance) return lose(current)
    lease = current
  }
  const renewing = (async () => {
    while (!over) {
      await delay(ttlMs / 4, undefined, { signal: ended.signal }).catch(() => undefined)
      if (ended.signal.aborted) return
      await write({}).catch((error: unknown) => onFailure?.(error))
    }
  })()

  // From the moment it is given back it is not trusted, whether that could be stored or not.
  const isHeld = () => !over && !ended.signal.aborted && elapsed() - renewed < ttlMs * trusted
  return {
    epoch: first.epoch, isHeld, lost: lost.promise,
    assertHeld() {
      if (isHeld()) return
      throw new StreamForgeError('NOT_LEADER', `the lease '${name}' ${over ? 'has been taken by another process' : 'could not be renewed in time'}`, {
        remedy: 'ask again in a moment: another process answers, or this one when its store is back',
      })
    },
    async release() {
      ended.abort()
      await renewing
      if (!over) await write({ released: true }).catch((error: unknown) => onFailure?.(error))
    },
  }
}

async function readLease(store: Store, name: string): Promise<StoredLease | undefined> {
  const found = await store.get(leasesCollection, name)
  return found && StoredLease.parse(found)
}

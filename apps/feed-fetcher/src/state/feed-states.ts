import type { Store } from '@streamforge/store'
import type { FeedDocument } from './feed-document.ts'

/** States of all feeds, in memory and in the store. */
export interface FeedStates {
  get(name: string): FeedDocument | undefined
  all(): Iterable<FeedDocument>
  /** Remembers a state; it is stored soon, together with others. */
  put(document: FeedDocument): void
  /** Resolves when what was put before is durable. Rejects once `signal` aborts while the store is away. */
  stored(): Promise<void>
  /** Stores what is left. */
  close(): Promise<void>
}

export interface FeedStatesOptions {
  store: Store
  /** Repeats what fails while it may succeed later. */
  insist: <T>(what: string, work: () => Promise<T>) => Promise<T>
  /** @throws StreamForgeError NOT_LEADER while another process may have these feeds */
  assertHeld: () => void
  /** Milliseconds that states wait for others, when nobody waits for them. */
  gatherMs?: number
}

export const feedStatesCollection = 'feed_states'

export async function openFeedStates({ store, insist, assertHeld, gatherMs = 500 }: FeedStatesOptions): Promise<FeedStates> {
  await insist('making collections', () => store.ensureCollection(feedStatesCollection))
  const states = new Map<string, FeedDocument>()
  for await (const batch of store.scan<FeedDocument>(feedStatesCollection)) for (const document of batch) states.set(document._key, document)
  const dirty = new Set<string>()
  let writing = Promise.resolve()
  let queued: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  /** One write for all that ask while another is under way. */
  function write(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    queued ??= writing.catch(() => undefined).then(() => {
      queued = undefined
      return (writing = flush())
    })
    return queued
  }

  async function flush(): Promise<void> {
    const names = [...dirty]
    dirty.clear()
    if (names.length === 0) return
    try {
      await insist('storing feed states', async () => {
        assertHeld()
        await store.writeBatch(feedStatesCollection, names.map((name) => states.get(name)!))
      })
    } catch (error) {
      for (const name of names) dirty.add(name)
      throw error
    }
  }

  return {
    get: (name) => states.get(name),
    all: () => states.values(),
    put(document) {
      states.set(document._key, document)
      dirty.add(document._key)
      timer ??= setTimeout(() => void write().catch(() => undefined), gatherMs)
    },
    stored: write,
    close: write,
  }
}

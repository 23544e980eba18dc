import { setTimeout as delay } from 'node:timers/promises'

export interface Versioned<T> {
  items: T[]
  resourceVersion: string
}

export type WatchEvent<T> = { type: 'put'; item: T; resourceVersion: string } | { type: 'gone'; item: T; resourceVersion: string } | { type: 'bookmark'; resourceVersion: string }

/** A collection of the API server: read whole, then followed from there. */
export interface ListSource<T> {
  list(): Promise<Versioned<T>>
  /** Resolves when the server ends it, as it does from time to time; rejects with {@link VersionExpired} when the version is too old. */
  watch(resourceVersion: string, signal: AbortSignal, onEvent: (event: WatchEvent<T>) => void): Promise<void>
}

/** 410 Gone: the server no longer knows what came after this version; the list has to be read anew. */
export class VersionExpired extends Error {
  override readonly name = 'VersionExpired'
}

export interface FollowOptions<T> {
  source: ListSource<T>
  keyOf: (item: T) => string
  onPut: (item: T) => void
  /** Also for what went while nobody followed. */
  onGone: (item: T) => void
  onFailure: (error: unknown, attempt: number) => void
  /** Milliseconds before the next watch or list: the first, then twice as long after each failure, up to the second. Default 200 and 5,000. */
  pause?: { initialMs: number; maxMs: number }
}

export interface Followed<T> {
  values(): Iterable<T>
  close(): Promise<void>
}

/**
 * Follows a collection for as long as it is open, through restarts of the API server: a watch goes on from the last version seen; where the
 * server has forgotten that, the list is read again and compared, so that no change is missed, though several may be seen as one.
 */
export function followList<T>({ source, keyOf, onPut, onGone, onFailure, pause = { initialMs: 200, maxMs: 5_000 } }: FollowOptions<T>): Followed<T> {
  const stopping = new AbortController()
  const { signal } = stopping
  const known = new Map<string, T>()

  const replace = ({ items }: Versioned<T>) => {
    const listed = new Map(items.map((item) => [keyOf(item), item]))
    for (const [key, item] of [...known]) {
      if (listed.has(key)) continue
      known.delete(key)
      onGone(item)
    }
    for (const [key, item] of listed) {
      known.set(key, item)
      onPut(item)
    }
  }
  const apply = (event: WatchEvent<T>) => {
    if (event.type === 'bookmark') return
    const key = keyOf(event.item)
    if (event.type === 'put') known.set(key, event.item)
    else known.delete(key)
    if (event.type === 'put') onPut(event.item)
    else onGone(event.item)
  }

  const run = async () => {
    let version: string | undefined
    let attempt = 0
    while (!signal.aborted) {
      try {
        if (version === undefined) {
          const all = await source.list()
          replace(all)
          version = all.resourceVersion
          attempt = 0
        }
        await source.watch(version, signal, (event) => {
          apply(event)
          version = event.resourceVersion
          attempt = 0
        })
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof VersionExpired) version = undefined
        else onFailure(error, ++attempt)
      }
      const wait = Math.min(pause.maxMs, pause.initialMs * 2 ** Math.max(0, attempt - 1))
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    values: () => known.values(),
    async close() {
      stopping.abort()
      await running
    },
  }
}

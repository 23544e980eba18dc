import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { FeedFileState, type FeedProblem, StreamForgeError } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import type { Feed, KnownAddresses } from './feed.ts'
import { readFeedFile } from './read-feed-file.ts'

export type SetFile = { ok: true; version: number } | { ok: false; problems: FeedProblem[] }

/** The feed.yaml in force. */
export interface FeedFiles {
  state(): FeedFileState
  feeds(): readonly Feed[]
  /** Looks whether the file has changed; what is wrong with it is remembered, and the feeds before stay. True: there are other feeds now. */
  reload(): Promise<boolean>
  /** Puts a text in force. @throws StreamForgeError CONFLICT when another version than the expected one is */
  set(text: string, expectedVersion: number): Promise<SetFile>
}

export interface FeedFilesOptions {
  store: Store
  /** Where feed.yaml may be; the first that is there counts. */
  paths: readonly string[]
  addresses: KnownAddresses
  now: () => number
}

const collection = 'feed_files'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/**
 * Opens what is in force: the text in the store, or the file where it has changed since it was read last. Whichever was changed last
 * wins, so that an edit on the page lasts until somebody changes the file.
 */
export async function openFeedFiles({ store, paths, addresses, now }: FeedFilesOptions): Promise<FeedFiles> {
  await store.ensureCollection(collection)
  const stored = await store.get(collection, 'current')
  let state = stored ? FeedFileState.parse(stored) : { _key: 'current' as const, version: 0, text: '', source: 'none' as const, feeds: 0, applied_at: Math.floor(now()) } as FeedFileState
  const read = readFeedFile(state.text, addresses)
  let feeds: readonly Feed[] = read.ok ? read.feeds : []
  if (!read.ok) state = { ...state, refused: { source: state.source === 'control' ? 'control' : 'file', at: Math.floor(now()), problems: read.problems } }

  async function save(next: FeedFileState, expected: number): Promise<void> {
    if (!await store.compareAndSet(collection, next, expected)) {
      throw new StreamForgeError('CONFLICT', `feed.yaml is not at version ${expected} any more`, { remedy: 'read it again, and make the change anew' })
    }
    state = next
  }

  async function apply(text: string, source: 'file' | 'control', file: string | undefined): Promise<SetFile> {
    const result = readFeedFile(text, addresses)
    const { refused: _, ...rest } = state
    const about = { ...rest, version: state.version + 1, ...(file !== undefined && { file_sha256: file }) }
    if (!result.ok) {
      // A text that a person sent is refused to them; of a file nobody would hear.
      if (source === 'file') await save({ ...about, refused: { source, at: Math.floor(now()), problems: result.problems } }, state.version)
      return { ok: false, problems: result.problems }
    }
    await save({ ...about, text, source, feeds: result.feeds.length, applied_at: Math.floor(now()) }, state.version)
    feeds = result.feeds
    return { ok: true, version: state.version }
  }

  return {
    state: () => state,
    feeds: () => feeds,
    async reload() {
      const text = await firstThere(paths)
      if (text === undefined) return false
      const hash = sha256(text)
      if (hash === state.file_sha256) return false
      return (await apply(text, 'file', hash)).ok
    },
    async set(text, expectedVersion) {
      if (expectedVersion !== state.version) {
        throw new StreamForgeError('CONFLICT', `feed.yaml is at version ${state.version}, not ${expectedVersion}`, { remedy: 'read it again, and make the change anew' })
      }
      return apply(text, 'control', undefined)
    },
  }
}

async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw new StreamForgeError('BAD_CONFIG', `the feed file ${path} cannot be read (${error.code})`, { cause: error })
    })
    if (text !== undefined) return text
  }
  return undefined
}

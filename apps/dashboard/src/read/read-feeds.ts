import { FeedState, StreamForgeError, type FeedAnswer, type FeedFileState, type FeedsAnswer, type FeedSummary } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { orIfMissing } from './datasets.ts'

const feedsAtMost = 5_000

/** Newer than this an answer need not be: the documents of a thousand fetchers are megabytes. */
const freshMs = 1_000

/** Every fetcher as it stands, by name, read at most once a second however many ask. */
export function readFeeds({ store, now }: { store: Store; now: () => number }): ReadFeeds {
  let known: { at: number; answer: Promise<FeedsAnswer> } | undefined
  const forget = () => { known = undefined }
  return {
    read() {
      if (known && now() - known.at < freshMs) return known.answer
      const answer = readStates(store)
      known = { at: now(), answer }
      answer.catch(forget)
      return answer
    },
    forget,
  }
}

export interface ReadFeeds {
  read(): Promise<FeedsAnswer>
  /** A command has been carried out: who asks next sees what came of it. */
  forget(): void
}

async function readStates(store: Store): Promise<FeedsAnswer> {
  const [feeds, file] = await Promise.all([
    orIfMissing(store.find('feed_states', { sort: [{ field: '_key', direction: 'asc' }], limit: feedsAtMost }), []), readFeedFile(store),
  ])
  return { feeds: feeds.map((document) => withoutRuns(stateOf(document))), file: file && withoutText(file) }
}

/** One fetcher with its last runs. @throws StreamForgeError NOT_FOUND */
export async function readFeed(store: Store, name: string): Promise<FeedState> {
  const document = await orIfMissing(store.get('feed_states', name), undefined)
  if (!document) throw new StreamForgeError('NOT_FOUND', `there is no fetcher ${name}`, { remedy: 'GET /api/feeds lists them' })
  return stateOf(document)
}

/** null: feed-fetcher has never run here. */
export async function readFeedFile(store: Store): Promise<FeedFileState | null> {
  return await orIfMissing(store.get<FeedFileState & StoredDocument>('feed_files', 'current'), undefined) ?? null
}

/** What became of a command; null while nothing has. */
export async function readFeedAnswer(store: Store, requestId: string): Promise<FeedAnswer | null> {
  return await orIfMissing(store.get<FeedAnswer & StoredDocument>('feed_answers', requestId), undefined) ?? null
}

const shown = Object.keys(FeedState.shape)
/** What feed-fetcher keeps in its documents for itself stays here. */
const stateOf = (document: StoredDocument): FeedState => Object.fromEntries(Object.entries(document).filter(([name]) => shown.includes(name))) as FeedState
const withoutRuns = ({ recent: _recent, ...rest }: FeedState): FeedSummary => rest
const withoutText = ({ text: _text, ...rest }: FeedFileState) => rest

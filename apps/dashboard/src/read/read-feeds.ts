import { FeedState, type FeedAnswer, type FeedFileState, type FeedsAnswer } from '@streamforge/contracts'
import type { Store, StoredDocument } from '@streamforge/store'
import { orIfMissing } from './datasets.ts'

const feedsAtMost = 5_000

/** Every fetcher as it stands, by name. What feed-fetcher keeps in the documents for itself stays here. */
export async function readFeeds(store: Store): Promise<FeedsAnswer> {
  const [feeds, file] = await Promise.all([
    orIfMissing(store.find('feed_states', { sort: [{ field: '_key', direction: 'asc' }], limit: feedsAtMost }), []), readFeedFile(store),
  ])
  return { feeds: feeds.map(stateOf), file: file && withoutText(file) }
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
const stateOf = (document: StoredDocument): FeedState => Object.fromEntries(Object.entries(document).filter(([name]) => shown.includes(name))) as FeedState
const withoutText = ({ text: _text, ...rest }: FeedFileState) => rest

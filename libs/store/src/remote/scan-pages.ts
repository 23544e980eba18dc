import type { StoreAnswer } from '@streamforge/contracts'
import type { KeyRange, StoredDocument } from '../store.ts'
import type { Connection } from './connection.ts'

/** Documents of one request, where batches are smaller: a request costs as much as some hundred documents. */
const SMALLEST_PAGE = 2000
const LARGEST_PAGE = 10_000

type Page = StoreAnswer<'read_page'>

/**
 * All documents of a range in key order, in batches of one size. A page is asked for behind the last key of the one before, so a scan
 * outlives its server; the next one is on its way while this one is worked on.
 */
export async function* scanPages(connection: Connection, collection: string, range: KeyRange, batchSize: number): AsyncGenerator<StoredDocument[]> {
  const limit = Math.min(LARGEST_PAGE, Math.ceil(SMALLEST_PAGE / batchSize) * batchSize)
  const ask = (after?: string) => connection.ask('read_page', {
    collection, limit, ...(range.to !== undefined && { to: range.to }), ...(after !== undefined ? { after } : range.from !== undefined && { from: range.from }),
  })
  let left: StoredDocument[] = []
  let page: Page | undefined = await ask()
  while (page) {
    const next: Promise<Page> | undefined = page.more ? ask(page.documents.at(-1)!._key) : undefined
    // Nobody may come for it: the consumer may leave.
    next?.catch(() => undefined)
    const documents: StoredDocument[] = left.length > 0 ? [...left, ...page.documents] : page.documents
    const whole = documents.length - documents.length % batchSize
    for (let start = 0; start < whole; start += batchSize) yield documents.slice(start, start + batchSize)
    left = documents.slice(whole)
    page = await next
  }
  if (left.length > 0) yield left
}

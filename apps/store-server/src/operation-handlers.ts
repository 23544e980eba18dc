import type { StoreAnswer, StoreOperationName, StoreRequest } from '@streamforge/contracts'
import { readDocumentLines, type ServedStore } from '@streamforge/store'

/** The characters of one page of a scan, about; the documents of one step more may come on top. */
const PAGE_CHARACTERS = 4 * 1024 * 1024

/** Answers as JSON text: the documents in them are the text that is stored. */
export type OperationHandlers = { [N in StoreOperationName]: (request: N extends 'write' ? string : StoreRequest<N>) => Promise<string> }

export function operationHandlers(store: ServedStore): OperationHandlers {
  return {
    describe: async () => answer<'describe'>({ kind: 'embedded', protocol: 1 }),
    async ensure_collection({ name, ...options }) {
      await store.ensureCollection(name, given(options))
      return '{}'
    },
    async drop_collection({ request_id, name }) {
      await store.dropCollection(request_id, name)
      return '{}'
    },
    list_collections: async () => answer<'list_collections'>({ collections: await store.listCollections() }),
    async write(body) {
      const { head: { request_id, collection, ...options }, documents, rejected } = readDocumentLines(body)
      const result = await store.write(request_id, collection, documents, given(options))
      return answer<'write'>({ ...result, rejected: [...rejected, ...result.rejected] })
    },
    compare_and_set: async ({ request_id, collection, document, expected }) =>
      answer<'compare_and_set'>({ written: await store.compareAndSet(request_id, collection, document, expected) }),
    delete_keys: async ({ request_id, collection, keys }) => answer<'delete_keys'>({ deleted: await store.deleteKeys(request_id, collection, keys) }),
    get: async ({ collection, key }) => `{"document":${await store.get(collection, key) ?? 'null'}}`,
    count: async ({ collection, ...range }) => answer<'count'>({ count: await store.count(collection, given(range)) }),
    async read_page({ collection, limit, ...range }) {
      const { bodies, more } = await store.readPage(collection, given(range), { limit, characters: PAGE_CHARACTERS })
      return `{"more":${more},"documents":[${bodies.join(',')}]}`
    },
    find: async ({ collection, ...query }) => documents(await store.find(collection, given(query) as Parameters<ServedStore['find']>[1])),
    async ensure_graph({ name, edge_collection, from, to }) {
      await store.ensureGraph({ name, edgeCollection: edge_collection, from, to })
      return '{}'
    },
    neighbors: async ({ graph, start, ...limits }) => documents(await store.neighbors(graph, start, limits)),
  }
}

const answer = <N extends StoreOperationName>(value: StoreAnswer<N>) => JSON.stringify(value)
const documents = (bodies: readonly string[]) => `{"documents":[${bodies.join(',')}]}`

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> }
/** What came from JSON has no fields that are undefined, whatever its type says. */
const given = <T extends object>(options: T) => options as Given<T>

import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { connectStore } from '../connect-store.ts'
import type { Store, StoredDocument } from '../store.ts'
import { openArangoStore } from './open-arango-store.ts'
import { playRecordings, type Player } from './play-recordings.ts'
import * as collections from './recordings/collections.ts'
import * as cursors from './recordings/cursors.ts'
import * as documents from './recordings/documents.ts'
import { failure, openDatabase, type Exchange } from './recordings/exchange.ts'

const user = 'loader'
const password = 'pass-3f9c/üж'
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
let player: Player | undefined
let store: Store | undefined

async function open(exchanges: readonly Exchange[], options: { patienceMs?: number } = {}): Promise<Store> {
  player = await playRecordings([openDatabase, ...exchanges], authorization)
  store = await openArangoStore({ url: player.url, database: 'market', user, password, random: () => 0, ...options })
  return store
}

afterEach(async () => {
  await store?.close()
  await player?.close()
  const complaints = player?.complaints()
  store = player = undefined
  expect(complaints ?? []).toEqual([])
})

async function read(scan: AsyncIterable<StoredDocument[]>): Promise<StoredDocument[][]> {
  const batches: StoredDocument[][] = []
  for await (const batch of scan) batches.push(batch)
  return batches
}

const set = (s: Store) => s.compareAndSet('candles', { _key: 'q', version: 4, state: 'done' }, 3)
const assets = { name: 'assets', edgeCollection: 'correlations', from: ['stocks'] }

describe('opening', () => {
  it.each([['makes the database when it is missing', collections.makeDatabase], ['goes on when another one made it', collections.makeDatabaseAtOnce]])('%s', async (_, exchanges) => {
    player = await playRecordings(exchanges, authorization)
    store = await openArangoStore({ url: player.url, database: 'market', user, password })
  })

  it('takes credentials out of the address', async () => {
    player = await playRecordings([openDatabase], authorization)
    const url = player.url.replace('//', `//${user}:${encodeURIComponent(password)}@`)
    store = await connectStore({ kind: 'arango', url, database: 'market' })
    expect(store.kind).toBe('arango')
  })

  it('refuses what is no address', async () => {
    await expect(openArangoStore({ url: 'localhost:8529', database: 'market' })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })

  it('says that the user is refused, without a word of the credentials', async () => {
    player = await playRecordings(collections.unauthorized, authorization)
    const error = await openArangoStore({ url: player.url, database: 'market', user, password }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'BAD_CONFIG' })
    expectNoSecrets(error)
  })

  it('says that nobody answers, without a word of the credentials', async () => {
    const gone = await playRecordings([], authorization)
    await gone.close()
    const url = gone.url.replace('//', `//${user}:${encodeURIComponent(password)}@`)
    const error = await openArangoStore({ url, database: 'market' }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    expect(String(error)).toContain('ECONNREFUSED')
    expectNoSecrets(error)
  })
})

function expectNoSecrets(error: unknown): void {
  const shown = inspect(error, { depth: 20, showHidden: true, getters: true }).toLowerCase()
  for (const secret of [password, encodeURIComponent(password), authorization.slice('Basic '.length), user]) expect(shown).not.toContain(secret.toLowerCase())
}

describe('writing', () => {
  it('counts from the answers and sends again only what met a conflict', async () => {
    const s = await open(documents.mixedBatch)
    const batch = [{ _key: 'a', n: 1 }, { _key: 'b', n: 2 }, { _key: 'c', x: 0.1, n: 3 }, { _key: 'no key', n: 0 }, { _key: 'd', n: 4 }, { _key: 'e', n: 5 }]
    const result = await s.writeBatch('candles', batch)
    expect(result).toMatchObject({ created: 2, updated: 1, unchanged: 1 })
    expect(result.rejected.map(({ key }) => key)).toEqual(['no key', 'e'])
    expect(result.rejected[1]!.reason).toContain('document too large')
  })

  it('sends a request again that met a conflict as a whole', async () => {
    const s = await open(documents.conflictOfRequest)
    expect(await s.writeBatch('candles', [{ _key: 'a', n: 1 }])).toMatchObject({ created: 1 })
  })

  it('gives up with STORE_CONFLICT when its patience is used up', async () => {
    const s = await open(documents.endlessConflict, { patienceMs: -1 })
    await expect(s.writeBatch('candles', [{ _key: 'a', n: 1 }])).rejects.toMatchObject({ code: 'STORE_CONFLICT', retryable: true })
  })

  it('sends each key once and counts its versions one after another', async () => {
    const s = await open(documents.sameKeys)
    const result = await s.writeBatch('candles', [{ _key: 'a', n: 1 }, { _key: 'b', n: 1 }, { _key: 'a', n: 2 }, { _key: 'b', n: 1 }, { _key: 'a', n: 3 }])
    expect(result).toEqual({ created: 1, updated: 2, unchanged: 2, rejected: [] })
  })

  it('leaves existing documents alone with overwrite: false', async () => {
    const s = await open(documents.withoutOverwriting)
    const result = await s.writeBatch('candles', [{ _key: 'a', n: 1 }, { _key: 'b', n: 1 }, { _key: 'b', n: 2 }], { overwrite: false })
    expect(result).toEqual({ created: 1, updated: 0, unchanged: 2, rejected: [] })
  })

  it('replaces copies of less worth at the revision that it has read, and spares better ones', async () => {
    const s = await open(documents.yieldingCopies)
    const copy = (_key: string, n: number) => ({ _key, n, copy: true })
    const result = await s.writeBatch('candles', [copy('a', 1), copy('b', 2), copy('c', 3), copy('d', 4), copy('e', 4), { _key: 'e', n: 5, copy: false }], { yields: 'copy' })
    expect(result).toEqual({ created: 1, updated: 2, unchanged: 3, rejected: [] })
  })

  it('names the collection that is missing', async () => {
    const s = await open(documents.writeToMissing)
    await expect(s.writeBatch('candles', [{ _key: 'a', n: 1 }])).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND', details: { collection: 'candles' } })
  })

  it('splits large batches', async () => {
    const batch = Array.from({ length: 5003 }, (_, n) => ({ _key: `k${n}`, n }))
    const exchange = (part: typeof batch): Exchange => ({
      method: 'POST', path: '/_api/document/candles', query: { overwriteMode: 'replace', returnOld: 'true', waitForSync: 'false' }, body: part, status: 202,
      answer: part.map(({ _key }) => ({ _id: `candles/${_key}`, _key, _rev: '_l6zhVTW---' })),
    })
    const s = await open([exchange(batch.slice(0, 5000)), exchange(batch.slice(5000))])
    expect(await s.writeBatch('candles', batch)).toMatchObject({ created: 5003 })
  })

  it('deletes, and sends again what met a conflict', async () => {
    const s = await open(documents.removeMany)
    expect(await s.deleteKeys('candles', ['a', 'b', 'a', 'not a key', 'c'])).toBe(2)
  })

  it('maps the failure of the server', async () => {
    const s = await open([{ ...documents.conflictOfRequest[0]!, status: 503, answer: failure(503, 503, 'service unavailable') }], { patienceMs: -1 })
    await expect(s.writeBatch('candles', [{ _key: 'a', n: 1 }])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('a cluster whose leader changes', () => {
  const refusals = [failure(503, 1496, 'not a leader'), failure(503, 1495, 'leadership challenge is ongoing'), failure(503, 503, 'service unavailable due to startup or maintenance mode')]
  /** Each exchange, refused first by everyone who may. */
  const afterRefusals = (exchanges: readonly Exchange[]) => exchanges.flatMap((exchange) => [...refusals.map((answer) => ({ ...exchange, status: 503, answer })), exchange])

  it('is asked again: what it refused it has not done', async () => {
    const s = await open([...afterRefusals(documents.sameKeys), ...afterRefusals(documents.setFirst.slice(0, 1)), ...afterRefusals(documents.readOne.slice(1, 2))])
    expect(await s.writeBatch('candles', [{ _key: 'a', n: 1 }, { _key: 'b', n: 1 }, { _key: 'a', n: 2 }, { _key: 'b', n: 1 }, { _key: 'a', n: 3 }])).toMatchObject({ created: 1, updated: 2 })
    expect(await s.compareAndSet('candles', { _key: 'q', version: 3, state: 'loading' }, 0)).toBe(true)
    expect(await s.get('candles', 'none')).toBeUndefined()
  })

  it('goes on with a scan', async () => {
    const s = await open([cursors.scanAll[0]!, ...afterRefusals(cursors.scanAll.slice(1))])
    expect((await read(s.scan('candles', {}, { batchSize: 2 }))).flat().map(({ _key }) => _key).join('')).toBe('abcde')
  })

  it('is given up when it stays so', async () => {
    const s = await open([{ ...documents.setFirst[0]!, status: 503, answer: refusals[0] }], { patienceMs: -1 })
    await expect(s.compareAndSet('candles', { _key: 'q', version: 3, state: 'loading' }, 0)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
  })

  it('never says that a race was lost when no answer came', async () => {
    const s = await open([])
    await player!.close()
    await expect(s.compareAndSet('candles', { _key: 'q', version: 3, state: 'loading' }, 0)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('compareAndSet', () => {
  it('inserts the first version', async () => {
    const s = await open(documents.setFirst)
    const first = { _key: 'q', version: 3, state: 'loading' }
    expect(await s.compareAndSet('candles', first, 0)).toBe(true)
    expect(await s.compareAndSet('candles', first, 0)).toBe(false)
  })

  it.each<[string, Exchange[], boolean]>([
    ['replaces the revision that it read', documents.setNext, true],
    ['reads again when others wrote, and loses when the version is another one', documents.setAfterOthers, false],
    ['loses when there is no document', documents.setMissing, false],
    ['loses when the document was deleted', documents.setDeleted, false],
  ])('%s', async (_, exchanges, won) => {
    expect(await set(await open(exchanges))).toBe(won)
  })
})

describe('reading', () => {
  it('gets a document without the fields of the server', async () => {
    const s = await open(documents.readOne)
    expect(await s.get('candles', 'a%b+')).toEqual({ _key: 'a%b+', price: 23000.12, list: [1, { x: null }] })
    expect(await s.get('candles', 'none')).toBeUndefined()
    await expect(s.get('candles', 'a')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' })
  })

  it('scans by a streaming cursor', async () => {
    const s = await open(cursors.scanAll)
    const batches = await read(s.scan('candles', {}, { batchSize: 2 }))
    expect(batches.map((batch) => batch.map(({ _key }) => _key).join(''))).toEqual(['ab', 'cd', 'e'])
    expect(batches[0]![0]).toEqual({ _key: 'a', n: 'a' })
  })

  it.each([['a range, batch by named batch', cursors.scanRange], ['on behind the last key when the cursor is lost', cursors.scanWithLostCursor]])('scans %s', async (_, exchanges) => {
    const s = await open(exchanges)
    expect((await read(s.scan('candles', { from: 'b', to: 'e' }, { batchSize: 2 }))).flat().map(({ _key }) => _key).join('')).toBe('bcd')
  })

  it('gives the cursor back when a scan is left early', async () => {
    const s = await open(cursors.scanLeftEarly)
    for await (const batch of s.scan('candles', {}, { batchSize: 2 })) {
      expect(batch).toHaveLength(2)
      break
    }
  })

  it('names the collection that is missing in a scan', async () => {
    const s = await open(cursors.scanMissing)
    await expect(read(s.scan('candles', {}, { batchSize: 2 }))).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' })
  })

  it('keeps the order of bytes on a server that sorts by a language', async () => {
    const s = await open(cursors.scanByHexadecimal)
    expect((await read(s.scan('candles', { from: 'B', to: 'b' }, { batchSize: 2 }))).flat()).toHaveLength(2)
  })

  it('counts', async () => {
    const s = await open([...collections.countAll, ...cursors.countRange])
    expect(await s.count('queues')).toBe(100)
    expect(await s.count('candles', { from: 'c' })).toBe(3)
  })

  it('finds with bind variables only', async () => {
    const s = await open(cursors.find)
    const found = await s.find('candles', {
      where: { status: 'running', type: { in: ['a', null] }, n: { gte: 1, lt: 5 }, name: { gt: 'x' } }, sort: [{ field: 'created_at', direction: 'desc' }], limit: 10, offset: 20,
    })
    expect(found).toEqual([{ _key: 'a', n: 'a' }])
  })
})

describe('collections and graphs', () => {
  it('makes a collection with its indexes', async () => {
    const s = await open(collections.makeCollection)
    await s.ensureCollection('queues', { indexes: [['status'], ['workflow_id', 'status']] })
  })

  it('goes on when another one made the collection', async () => {
    const s = await open(collections.makeCollectionAtOnce)
    await s.ensureCollection('queues', { kind: 'edge' })
  })

  it('refuses a collection of the other kind', async () => {
    const s = await open(collections.otherKind)
    await expect(s.ensureCollection('queues')).rejects.toMatchObject({ code: 'STORE_REJECTED' })
  })

  it('drops, also what is dropped already', async () => {
    const s = await open(collections.drop)
    await s.dropCollection('queues')
    await s.dropCollection('queues')
  })

  it('lists with counts, sorted', async () => {
    const s = await open(collections.list)
    expect(await s.listCollections()).toEqual([{ name: 'edges', kind: 'edge', count: 0 }, { name: 'queues', kind: 'document', count: 100 }])
  })

  it('makes a graph, widens it, and leaves it alone when nothing is new', async () => {
    const s = await open([...collections.makeGraph, ...collections.widenGraph, ...collections.sameGraph])
    await s.ensureGraph({ ...assets, to: ['stocks'] })
    await s.ensureGraph({ ...assets, to: ['stocks', 'sectors'] })
    await s.ensureGraph({ ...assets, to: ['stocks', 'sectors'] })
  })

  it('walks by a traversal', async () => {
    const s = await open([...cursors.neighbors, ...cursors.neighborsWithoutGraph])
    const options = { direction: 'in', depth: 2, limit: 50 } as const
    expect(await s.neighbors('assets', 'stocks/ali', options)).toEqual([{ _key: 'meg', name: 'Megaworld' }])
    await expect(s.neighbors('assets', 'stocks/ali', options)).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' })
  })

  it('fails with a code after close()', async () => {
    const s = await open([])
    await s.close()
    await expect(s.listCollections()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

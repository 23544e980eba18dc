import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect } from 'vitest'
import { StreamForgeError, type ErrorCode } from '@streamforge/contracts'
import type { CollectionOptions, Store, StoredDocument } from '../store.ts'

/** What an adapter's test gives to the suite: handles on one and the same store, and the removal of what they left. */
export interface StoreUnderTest {
  open(): Promise<Store>
  dispose(): Promise<void>
}

export interface Suite {
  /** A handle that is open for all tests of the suite. */
  readonly store: Store
  open(): Promise<Store>
  /** A collection of this test's own. */
  collection(options?: CollectionOptions): Promise<string>
}

export const uniqueName = (prefix: string) => `${prefix}_${randomUUID().slice(0, 8)}`

/** Opens a handle before the tests of the enclosing `describe`, and afterwards drops their collections and closes all handles. */
export function prepareSuite(make: () => Promise<StoreUnderTest>): Suite {
  const opened: Store[] = []
  const collections: string[] = []
  let subject: StoreUnderTest | undefined
  const open = async () => {
    const store = await subject!.open()
    opened.push(store)
    return store
  }
  beforeAll(async () => {
    subject = await make()
    await open()
  })
  afterAll(async () => {
    for (const name of collections) await opened[0]?.dropCollection(name).catch(() => undefined)
    for (const store of opened) await store.close()
    await subject?.dispose()
  })
  return {
    get store() {
      return opened[0]!
    },
    open,
    async collection(options) {
      const name = uniqueName('t')
      await opened[0]!.ensureCollection(name, options)
      collections.push(name)
      return name
    },
  }
}

export async function expectCode(code: ErrorCode, work: Promise<unknown>): Promise<void> {
  const error = await work.then(() => undefined, (e: unknown) => e)
  expect(error, `expected an error ${code}`).toBeInstanceOf(StreamForgeError)
  expect((error as StreamForgeError).code).toBe(code)
}

export async function readAll(store: Store, collection: string, range: { from?: string; to?: string } = {}, batchSize?: number): Promise<StoredDocument[]> {
  const documents: StoredDocument[] = []
  for await (const batch of store.scan(collection, range, batchSize === undefined ? {} : { batchSize })) documents.push(...batch)
  return documents
}

export const keysOf = (documents: readonly StoredDocument[]) => documents.map(({ _key }) => _key)
export const numbered = (count: number, from = 0): StoredDocument[] =>
  Array.from({ length: count }, (_, i) => ({ _key: `k${String(from + i).padStart(6, '0')}`, n: from + i }))

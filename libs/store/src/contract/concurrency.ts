import { expect, it } from 'vitest'
import fc from 'fast-check'
import type { StoredDocument } from '../store.ts'
import { expectCode, numbered, readAll, uniqueName, type Suite } from './suite.ts'

export function concurrencyTests(suite: Suite): void {
  it('sets a document only over the version expected', async () => {
    const c = await suite.collection()
    expect(await suite.store.compareAndSet(c, { _key: 'a', version: 2, v: 'x' }, 1)).toBe(false)
    expect(await suite.store.compareAndSet(c, { _key: 'a', version: 1, v: 'one' }, 0)).toBe(true)
    expect(await suite.store.compareAndSet(c, { _key: 'a', version: 1, v: 'again' }, 0)).toBe(false)
    expect(await suite.store.compareAndSet(c, { _key: 'a', version: 2, v: 'two' }, 1)).toBe(true)
    expect(await suite.store.compareAndSet(c, { _key: 'a', version: 3, v: 'late' }, 1)).toBe(false)
    expect(await suite.store.get(c, 'a')).toEqual({ _key: 'a', version: 2, v: 'two' })
  })

  it('refuses a version that does not grow', async () => {
    const c = await suite.collection()
    await expectCode('STORE_REJECTED', suite.store.compareAndSet(c, { _key: 'a', version: 0 }, 0))
    await expectCode('STORE_REJECTED', suite.store.compareAndSet(c, { _key: 'a', version: 1 }, 1))
    await expectCode('STORE_REJECTED', suite.store.compareAndSet(c, { _key: 'a', version: 1.5 }, 0))
    await expectCode('STORE_REJECTED', suite.store.compareAndSet(c, { _key: 'no key', version: 1 }, 0))
  })

  it('lets exactly one of several racers win each round', async () => {
    const c = await suite.collection()
    const racers = [suite.store, await suite.open(), await suite.open()]
    for (let version = 1; version <= 20; version++) {
      const won = await Promise.all(racers.map((store, racer) => store.compareAndSet(c, { _key: 'a', version, racer }, version - 1)))
      expect(won.filter(Boolean)).toHaveLength(1)
      expect(await suite.store.get(c, 'a')).toEqual({ _key: 'a', version, racer: won.indexOf(true) })
    }
  })

  it('loses no increment when several count at once by compareAndSet', async () => {
    const c = await suite.collection()
    const stores = [suite.store, await suite.open()]
    await suite.store.compareAndSet(c, { _key: 'n', version: 1, n: 0 }, 0)
    const increment = async (store: typeof suite.store): Promise<void> => {
      const current = (await store.get<{ _key: string; version: number; n: number }>(c, 'n'))!
      if (!await store.compareAndSet(c, { ...current, n: current.n + 1, version: current.version + 1 }, current.version)) await increment(store)
    }
    await Promise.all(stores.flatMap((store) => Array.from({ length: 10 }, () => increment(store))))
    expect(await suite.store.get(c, 'n')).toEqual({ _key: 'n', version: 21, n: 20 })
  })

  it('shows at once what another handle wrote', async () => {
    const other = await suite.open()
    const c = await suite.collection()
    await suite.store.writeBatch(c, numbered(10))
    expect(await other.count(c)).toBe(10)
    await other.deleteKeys(c, ['k000001'])
    expect(await suite.store.get(c, 'k000001')).toBeUndefined()
  })

  it('lets several handles write the same keys at once: each document is created once', async () => {
    const c = await suite.collection()
    const stores = [suite.store, await suite.open(), await suite.open()]
    const results = await Promise.all(stores.map(async (store) => {
      let created = 0
      for (let from = 0; from < 3000; from += 500) created += (await store.writeBatch(c, numbered(500, from))).created
      return created
    }))
    expect(results.reduce((sum, created) => sum + created, 0)).toBe(3000)
    expect(await suite.store.count(c)).toBe(3000)
  })

  it('keeps the better copies when both kinds are written at once', async () => {
    const c = await suite.collection()
    const stores = [suite.store, await suite.open(), await suite.open()]
    const results = await Promise.all(stores.map(async (store, i) => {
      let created = 0
      const documents = numbered(600).map((d) => ({ ...d, copy: i !== 1, by: i }))
      for (let from = 0; from < 600; from += 50) created += (await store.writeBatch(c, documents.slice(from, from + 50), { yields: 'copy' })).created
      return created
    }))
    expect(results.reduce((sum, created) => sum + created, 0)).toBe(600)
    expect(new Set((await readAll(suite.store, c)).map((d) => d.by))).toEqual(new Set([1]))
  })

  it('behaves like a map under random writes and deletes', async () => {
    const key = fc.integer({ min: 0, max: 20 }).map((n) => `k${n}`)
    const value = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)), fc.string({ unit: 'grapheme' }), fc.constant(null))
    const step = fc.oneof(
      fc.record({ kind: fc.constant('write' as const), documents: fc.array(fc.tuple(key, value, fc.boolean()), { maxLength: 12 }), overwrite: fc.boolean(), yields: fc.constantFrom('copy', undefined) }),
      fc.record({ kind: fc.constant('delete' as const), keys: fc.array(key, { maxLength: 5 }) }),
    )
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const c = uniqueName('map')
      await suite.store.ensureCollection(c)
      const model = new Map<string, StoredDocument>()
      for (const s of steps) {
        if (s.kind === 'delete') {
          const there = new Set(s.keys.filter((k) => model.delete(k))).size
          expect(await suite.store.deleteKeys(c, s.keys)).toBe(there)
          continue
        }
        const documents = s.documents.map(([_key, v, copy]) => ({ _key, v, copy }))
        const expected = { created: 0, updated: 0, unchanged: 0, rejected: [] }
        for (const document of documents) {
          const before = model.get(document._key)
          const spared = before && (!s.overwrite || (s.yields && document.copy && !before.copy))
          if (!before) expected.created++
          else if (spared || (before.v === document.v && before.copy === document.copy)) expected.unchanged++
          else expected.updated++
          if (!spared) model.set(document._key, document)
        }
        expect(await suite.store.writeBatch(c, documents, { overwrite: s.overwrite, ...(s.yields && { yields: s.yields }) })).toEqual(expected)
      }
      expect(await readAll(suite.store, c, {}, 7)).toEqual([...model.values()].sort((a, b) => (a._key < b._key ? -1 : 1)))
      await suite.store.dropCollection(c)
    }), { numRuns: 60, seed: 20240801 })
  })
}

import { expect, it } from 'vitest'
import type { StoredDocument } from '../store.ts'
import { expectCode, keysOf, numbered, readAll, type Suite } from './suite.ts'

export function writeTests(suite: Suite): void {
  it('counts created, updated and unchanged documents exactly', async () => {
    const c = await suite.collection()
    expect(await suite.store.writeBatch(c, numbered(120))).toEqual({ created: 120, updated: 0, unchanged: 0, rejected: [] })
    expect(await suite.store.writeBatch(c, numbered(120))).toEqual({ created: 0, updated: 0, unchanged: 120, rejected: [] })
    const mixed = numbered(150, 100).map((d) => (Number(d.n) % 2 ? d : { ...d, extra: true }))
    expect(await suite.store.writeBatch(c, mixed)).toEqual({ created: 130, updated: 10, unchanged: 10, rejected: [] })
    expect(await suite.store.count(c)).toBe(250)
    expect(await suite.store.get(c, 'k000100')).toEqual({ _key: 'k000100', n: 100, extra: true })
  })

  it('writes JSON text as the document that it says', async () => {
    const c = await suite.collection()
    const documents = [{ _key: 'a', json: '{"x":1,"y":{"p":[1,2.5]}}' }, { _key: 'b', json: '{}' }]
    expect(await suite.store.writeSerialised(c, documents)).toEqual({ created: 2, updated: 0, unchanged: 0, rejected: [] })
    expect(await suite.store.get(c, 'a')).toEqual({ _key: 'a', x: 1, y: { p: [1, 2.5] } })
    expect(await suite.store.get(c, 'b')).toEqual({ _key: 'b' })
    expect(await suite.store.writeBatch(c, [{ _key: 'a', x: 1, y: { p: [1, 2.5] } }])).toMatchObject({ unchanged: 1 })
    expect(await suite.store.writeSerialised(c, [{ _key: 'not a key', json: '{}' }])).toMatchObject({ created: 0, rejected: [{ key: 'not a key' }] })
  })

  it('does not take another order of fields for another content', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, [{ _key: 'a', x: 1, y: { p: [1, 2], q: null } }])
    const again = await suite.store.writeBatch(c, [{ y: { q: null, p: [1, 2] }, _key: 'a', x: 1 }])
    expect(again).toMatchObject({ updated: 0, unchanged: 1 })
    expect(await suite.store.writeBatch(c, [{ _key: 'a', x: 1, y: { p: [2, 1], q: null } }])).toMatchObject({ updated: 1 })
  })

  it('replaces a document as a whole', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, [{ _key: 'a', x: 1, y: 2 }])
    await suite.store.writeBatch(c, [{ _key: 'a', y: 3 }])
    expect(await suite.store.get(c, 'a')).toEqual({ _key: 'a', y: 3 })
  })

  it('takes the last of several documents with one key, and counts them as if written one after another', async () => {
    const c = await suite.collection()
    const result = await suite.store.writeBatch(c, [{ _key: 'a', v: 1 }, { _key: 'b', v: 1 }, { _key: 'a', v: 2 }, { _key: 'a', v: 2 }])
    expect(result).toEqual({ created: 2, updated: 1, unchanged: 1, rejected: [] })
    expect(await suite.store.get(c, 'a')).toEqual({ _key: 'a', v: 2 })
    const back = await suite.store.writeBatch(c, [{ _key: 'a', v: 1 }, { _key: 'a', v: 2 }])
    expect(back).toEqual({ created: 0, updated: 2, unchanged: 0, rejected: [] })
    expect(await suite.store.get(c, 'a')).toEqual({ _key: 'a', v: 2 })
  })

  it('leaves existing documents alone with overwrite: false', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, [{ _key: 'a', v: 1 }])
    const result = await suite.store.writeBatch(c, [{ _key: 'a', v: 2 }, { _key: 'b', v: 2 }, { _key: 'b', v: 3 }], { overwrite: false })
    expect(result).toEqual({ created: 1, updated: 0, unchanged: 2, rejected: [] })
    expect(await readAll(suite.store, c)).toEqual([{ _key: 'a', v: 1 }, { _key: 'b', v: 2 }])
  })

  it('keeps the better copy, whichever comes first, and of equals the last', async () => {
    const c = await suite.collection()
    const [live, later] = [{ _key: 'a', v: 'live', copy: false }, { _key: 'a', v: 'later', copy: false }]
    const [copy, again] = [{ _key: 'a', v: 'copy', copy: true }, { _key: 'a', v: 'again', copy: true }]
    const write = async (...documents: StoredDocument[]) => {
      const { created, updated, unchanged } = await suite.store.writeBatch(c, documents, { yields: 'copy' })
      return [created, updated, unchanged, (await suite.store.get(c, 'a'))!.v]
    }
    expect(await write(copy)).toEqual([1, 0, 0, 'copy'])
    expect(await write(again)).toEqual([0, 1, 0, 'again'])
    expect(await write(again)).toEqual([0, 0, 1, 'again'])
    expect(await write(live)).toEqual([0, 1, 0, 'live'])
    expect(await write(copy)).toEqual([0, 0, 1, 'live'])
    expect(await write(later)).toEqual([0, 1, 0, 'later'])
    expect(await write(copy, live, again)).toEqual([0, 1, 2, 'live'])
    // What says nothing of itself is no copy.
    expect(await write({ _key: 'a', v: 'plain' })).toEqual([0, 1, 0, 'plain'])
    expect(await write(copy)).toEqual([0, 0, 1, 'plain'])
    await suite.store.deleteKeys(c, ['a'])
    expect(await write(live, copy)).toEqual([1, 0, 1, 'live'])
    await suite.store.deleteKeys(c, ['a'])
    expect(await write(copy, live, copy)).toEqual([1, 1, 1, 'live'])
    expect(await suite.store.writeBatch(c, [copy])).toMatchObject({ updated: 1 })
  })

  it('keeps the better copy of JSON text too, among many', async () => {
    const c = await suite.collection()
    const copies = (from: number, to: number, copy: boolean) => numbered(to - from, from).map(({ _key, n }) => ({ _key, json: JSON.stringify({ n, copy }) }))
    const options = { yields: 'copy' }
    expect(await suite.store.writeSerialised(c, copies(100, 300, false), options)).toMatchObject({ created: 200 })
    expect(await suite.store.writeSerialised(c, copies(0, 200, true), options)).toEqual({ created: 100, updated: 0, unchanged: 100, rejected: [] })
    expect(await suite.store.writeSerialised(c, copies(50, 150, false), options)).toEqual({ created: 0, updated: 50, unchanged: 50, rejected: [] })
    expect((await readAll(suite.store, c)).filter((d) => d.copy)).toHaveLength(50)
  })

  it('rejects bad documents one by one and writes the others', async () => {
    const c = await suite.collection()
    const cycle: { _key: string; self?: unknown } = { _key: 'cycle' }
    cycle.self = cycle
    const bad = [
      { noKey: true }, { _key: 7 }, { _key: '' }, { _key: 'with space' }, { _key: 'a/b' }, { _key: 'ä' }, { _key: 'x'.repeat(255) },
      { _key: 'id', _id: 'a/b' }, cycle, { _key: 'big', n: 1n }, null,
    ] as never[]
    const result = await suite.store.writeBatch(c, [{ _key: 'good1' }, ...bad, { _key: 'good2' }, { _key: 'x'.repeat(254) }])
    expect(result).toMatchObject({ created: 3, updated: 0, unchanged: 0 })
    expect(result.rejected.map(({ key }) => key)).toEqual(['', '', '', 'with space', 'a/b', 'ä', 'x'.repeat(255), 'id', 'cycle', 'big', ''])
    for (const { reason } of result.rejected) expect(reason).not.toBe('')
    expect(keysOf(await readAll(suite.store, c))).toEqual(['good1', 'good2', 'x'.repeat(254)])
  })

  it('stores batches larger than its transactions', async () => {
    const c = await suite.collection()
    expect(await suite.store.writeBatch(c, numbered(12_345))).toMatchObject({ created: 12_345 })
    expect(await suite.store.count(c)).toBe(12_345)
    expect(await suite.store.writeBatch(c, [])).toEqual({ created: 0, updated: 0, unchanged: 0, rejected: [] })
  })

  it('returns what was written, whatever its characters, size and numbers', async () => {
    const c = await suite.collection()
    const documents = [
      { _key: "_-:.@()+,=;$!*'%aZ09", text: 'Ωμέγα 日本語 🚀 "quoted" \\ \n\t \u2028' },
      { _key: 'big', text: 'a€'.repeat(500_000), list: Array.from({ length: 1000 }, (_, i) => ({ i })) },
      { _key: 'empty', '': 'no name', object: {}, list: [], nothing: null, yes: true, no: false, nested: { a: [{ b: [[]] }] } },
      { _key: 'numbers', list: [0, 0.1, 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -1e-7, 2 ** 53 - 1, -(2 ** 53 - 1), 23000.12, 1e21, 123456789.12345679] },
    ]
    expect(await suite.store.writeBatch(c, documents)).toMatchObject({ created: 4 })
    for (const document of documents) expect(await suite.store.get(c, document._key)).toEqual(document)
    expect(await suite.store.writeBatch(c, documents)).toMatchObject({ unchanged: 4 })
  })

  it('deletes by key and says how many there were', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, numbered(10))
    expect(await suite.store.deleteKeys(c, ['k000001', 'k000003', 'k000003', 'missing', 'not a key'])).toBe(2)
    expect(await suite.store.get(c, 'k000003')).toBeUndefined()
    expect(await suite.store.count(c)).toBe(8)
    expect(await suite.store.deleteKeys(c, [])).toBe(0)
  })

  it('names the collection that is missing', async () => {
    const missing = 'never_made'
    for (const work of [
      suite.store.writeBatch(missing, numbered(1)), suite.store.get(missing, 'a'), suite.store.deleteKeys(missing, ['a']),
      suite.store.count(missing), suite.store.count(missing, { from: 'a' }), suite.store.find(missing), readAll(suite.store, missing),
      suite.store.compareAndSet(missing, { _key: 'a', version: 1 }, 0), suite.store.compareAndSet(missing, { _key: 'a', version: 2 }, 1),
    ]) await expectCode('COLLECTION_NOT_FOUND', work)
  })

  it('refuses names that are not names', async () => {
    for (const name of ['', 'A', '1a', 'a b', 'a"; DROP TABLE collections; --', '../a', 'ä', 'a'.repeat(202)]) {
      await expectCode('STORE_REJECTED', suite.store.ensureCollection(name))
      await expectCode('STORE_REJECTED', suite.store.writeBatch(name, numbered(1)))
    }
    await expectCode('STORE_REJECTED', suite.store.ensureCollection('a_name', { indexes: [["x'); DROP TABLE collections; --"]] }))
  })
}

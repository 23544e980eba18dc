import { expect, it } from 'vitest'
import { expectCode, keysOf, numbered, uniqueName, type Suite } from './suite.ts'

export function collectionAndGraphTests(suite: Suite): void {
  it('ensures collections again and again, adds missing indexes, and keeps what is stored', async () => {
    const c = await suite.collection({ indexes: [['n']] })
    await suite.store.writeBatch(c, numbered(5))
    await suite.store.ensureCollection(c, { indexes: [['n'], ['n', 'text']] })
    await suite.store.ensureCollection(c)
    expect(await suite.store.count(c)).toBe(5)
    await expectCode('STORE_REJECTED', suite.store.ensureCollection(c, { kind: 'edge' }))
  })

  it('ensures one collection from several handles at once', async () => {
    const name = uniqueName('race')
    const stores = [suite.store, await suite.open(), await suite.open()]
    await Promise.all(stores.map((store) => store.ensureCollection(name, { indexes: [['n']] })))
    expect(await suite.store.writeBatch(name, numbered(1))).toMatchObject({ created: 1 })
    await suite.store.dropCollection(name)
  })

  it('lists collections with their kind and count, sorted', async () => {
    const documents = await suite.collection()
    const edges = await suite.collection({ kind: 'edge' })
    await suite.store.writeBatch(documents, numbered(3))
    const list = await suite.store.listCollections()
    expect(list).toContainEqual({ name: documents, kind: 'document', count: 3 })
    expect(list).toContainEqual({ name: edges, kind: 'edge', count: 0 })
    expect(list.map(({ name }) => name)).toEqual(list.map(({ name }) => name).toSorted())
  })

  it('drops a collection for all handles; dropping it again changes nothing', async () => {
    const other = await suite.open()
    const c = await suite.collection()
    await other.writeBatch(c, numbered(3))
    await suite.store.dropCollection(c)
    await suite.store.dropCollection(c)
    await expectCode('COLLECTION_NOT_FOUND', other.count(c))
    await expectCode('COLLECTION_NOT_FOUND', other.writeBatch(c, numbered(1)))
    await suite.store.ensureCollection(c)
    expect(await other.count(c)).toBe(0)
    expect(await other.writeBatch(c, numbered(2))).toMatchObject({ created: 2 })
  })

  it('rejects edges without proper ends', async () => {
    const edges = await suite.collection({ kind: 'edge' })
    const result = await suite.store.writeBatch(edges, [
      { _key: 'none' }, { _key: 'half', _from: 'a/b' }, { _key: 'form', _from: 'ab', _to: 'a/c' }, { _key: 'good', _from: 'a/b', _to: 'a/c', w: 1 },
    ])
    expect(result.created).toBe(1)
    expect(result.rejected.map(({ key }) => key)).toEqual(['none', 'half', 'form'])
    expect(await suite.store.get(edges, 'good')).toEqual({ _key: 'good', _from: 'a/b', _to: 'a/c', w: 1 })
  })

  it('walks a graph by direction and depth, nearest first, also through cycles', async () => {
    const [v, e, name] = [uniqueName('v'), uniqueName('e'), uniqueName('g')]
    const graph = { name, edgeCollection: e, from: [v], to: [v] }
    await suite.store.ensureGraph(graph)
    await suite.store.ensureGraph(graph)
    await suite.store.writeBatch(v, ['a', 'b', 'c', 'd', 'f', 'lonely'].map((_key) => ({ _key, label: _key.toUpperCase() })))
    // a -> b -> d -> a (a cycle), a -> c -> d, d -> f, and twice the same way from a to b; f -> a vertex that is not stored
    const ways = ['ab', 'ab', 'ac', 'bd', 'cd', 'da', 'df', 'fx']
    await suite.store.writeBatch(e, ways.map(([from, to], i) => ({ _key: `${i}`, _from: `${v}/${from}`, _to: `${v}/${to}` })))
    const walk = async (start: string, options?: Parameters<typeof suite.store.neighbors>[2]) =>
      keysOf(await suite.store.neighbors(name, `${v}/${start}`, options)).join('')
    expect(await walk('a')).toBe('bc')
    expect(await walk('a', { depth: 2 })).toBe('bcd')
    expect(await walk('a', { depth: 9 })).toBe('bcdf')
    expect(await walk('a', { direction: 'in' })).toBe('d')
    expect(await walk('a', { direction: 'in', depth: 2 })).toBe('dbc')
    expect(await walk('a', { direction: 'any' })).toBe('bcd')
    expect(await walk('f', { direction: 'any', depth: 2 })).toBe('dabc')
    expect(await walk('a', { depth: 9, limit: 3 })).toBe('bcd')
    expect(await walk('a', { depth: 0 })).toBe('')
    expect(await walk('lonely', { direction: 'any', depth: 3 })).toBe('')
    expect(await walk('unknown')).toBe('')
    expect(await suite.store.neighbors(name, `${v}/f`, { direction: 'in' })).toEqual([{ _key: 'd', label: 'D' }])
  })

  it('refuses to walk what is no graph or no vertex', async () => {
    await expectCode('COLLECTION_NOT_FOUND', suite.store.neighbors('never_made', 'a/b'))
    await expectCode('STORE_REJECTED', suite.store.neighbors('never_made', 'ab'))
    await expectCode('STORE_REJECTED', suite.store.neighbors('never_made', 'a/b', { depth: -1 }))
  })

  it('follows edges between collections, and widens a graph', async () => {
    const [stocks, sectors, e, name] = [uniqueName('stocks'), uniqueName('sectors'), uniqueName('e'), uniqueName('g')]
    await suite.store.ensureGraph({ name, edgeCollection: e, from: [stocks], to: [stocks] })
    await suite.store.ensureGraph({ name, edgeCollection: e, from: [stocks], to: [stocks, sectors] })
    await suite.store.writeBatch(stocks, [{ _key: 'ali' }, { _key: 'meg' }])
    await suite.store.writeBatch(sectors, [{ _key: 'property' }])
    await suite.store.writeBatch(e, [
      { _key: '1', _from: `${stocks}/ali`, _to: `${sectors}/property` }, { _key: '2', _from: `${stocks}/meg`, _to: `${sectors}/property` },
    ])
    expect(keysOf(await suite.store.neighbors(name, `${stocks}/ali`, { direction: 'any', depth: 2 }))).toEqual(['property', 'meg'])
    await expectCode('STORE_REJECTED', suite.store.ensureGraph({ name, edgeCollection: uniqueName('e'), from: [stocks], to: [stocks] }))
  })

  it('fails with a code after close()', async () => {
    const store = await suite.open()
    await store.close()
    await store.close()
    await expectCode('STORE_UNAVAILABLE', store.listCollections())
    await expectCode('STORE_UNAVAILABLE', store.get('a', 'b'))
  })
}

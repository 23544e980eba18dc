import { expect, it } from 'vitest'
import { expectCode, keysOf, numbered, readAll, type Suite } from './suite.ts'

export function readTests(suite: Suite): void {
  it('scans in the order of the bytes of the keys', async () => {
    const c = await suite.collection()
    const keys = ['a', 'B', 'A', 'b', 'a0', 'a-', 'a_', 'aB', '10', '9', '_', '-', ':', '.', '@', '(', ')', '+', ',', '=', ';', '$', '!', '*', "'", '%', 'Z', 'z', 'aa']
    await suite.store.writeBatch(c, keys.map((_key) => ({ _key })))
    const sorted = keys.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
    expect(keysOf(await readAll(suite.store, c))).toEqual(sorted)
    expect(keysOf(await suite.store.find(c))).toEqual(sorted)
    expect(keysOf(await readAll(suite.store, c, { from: 'Z', to: 'aB' }))).toEqual(sorted.filter((k) => k >= 'Z' && k < 'aB'))
  })

  it('scans and counts key ranges, from included and to excluded', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, numbered(1000))
    const cases: [{ from?: string; to?: string }, number, string?][] = [
      [{}, 1000, 'k000000'], [{ from: 'k000990' }, 10, 'k000990'], [{ to: 'k000010' }, 10, 'k000000'],
      [{ from: 'k000100', to: 'k000200' }, 100, 'k000100'], [{ from: 'k0001005', to: 'k0001995' }, 99, 'k000101'],
      [{ from: 'k000500', to: 'k000500' }, 0], [{ from: 'z' }, 0], [{ from: 'k000200', to: 'k000100' }, 0],
    ]
    for (const [range, count, first] of cases) {
      expect(await suite.store.count(c, range)).toBe(count)
      const documents = await readAll(suite.store, c, range, 64)
      expect(documents).toHaveLength(count)
      expect(documents[0]?._key).toBe(first)
    }
  })

  it('gives batches of the size asked for, and none that is empty', async () => {
    const c = await suite.collection()
    expect(await readAll(suite.store, c)).toEqual([])
    await suite.store.writeBatch(c, numbered(250))
    const sizes: number[] = []
    for await (const batch of suite.store.scan(c, {}, { batchSize: 100 })) sizes.push(batch.length)
    expect(sizes).toEqual([100, 100, 50])
    const even: number[] = []
    for await (const batch of suite.store.scan(c, { to: 'k000200' }, { batchSize: 100 })) even.push(batch.length)
    expect(even).toEqual([100, 100])
  })

  it('sees in a scan all that was there at its start, while others write', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, numbered(2000).map((d) => ({ ...d, _key: `${d._key}_old` })))
    const seen: string[] = []
    let round = 0
    for await (const batch of suite.store.scan(c, {}, { batchSize: 200 })) {
      seen.push(...keysOf(batch))
      if (round < 8) await suite.store.writeBatch(c, numbered(300, 300 * round++).map((d) => ({ ...d, _key: `${d._key}_new` })))
    }
    expect(seen.filter((key) => key.endsWith('_old'))).toEqual(keysOf(numbered(2000)).map((key) => `${key}_old`))
    expect(seen).toEqual(seen.toSorted())
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('lets a scan be left early', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, numbered(500))
    for await (const batch of suite.store.scan(c, {}, { batchSize: 10 })) {
      expect(batch).toHaveLength(10)
      break
    }
    expect(await suite.store.writeBatch(c, numbered(1, 900))).toMatchObject({ created: 1 })
  })

  it('finds by equality, lists and bounds, each for values of its own type', async () => {
    const c = await suite.collection({ indexes: [['n'], ['text', 'n']] })
    await suite.store.writeBatch(c, [
      { _key: 'a', n: 1, text: 'one', flag: true }, { _key: 'b', n: 2, text: 'two', flag: false }, { _key: 'c', n: 2.5, text: '2', flag: 1 },
      { _key: 'd', n: '2', text: null }, { _key: 'e', n: null, text: '[1]' }, { _key: 'f', text: [1] }, { _key: 'g', n: true, text: 'one' },
    ])
    const find = async (where: Parameters<typeof suite.store.find>[1] & object) => keysOf(await suite.store.find(c, where)).join('')
    expect(await find({ where: { n: 2 } })).toBe('b')
    expect(await find({ where: { n: '2' } })).toBe('d')
    expect(await find({ where: { n: 1 } })).toBe('a')
    expect(await find({ where: { flag: true } })).toBe('a')
    expect(await find({ where: { flag: 1 } })).toBe('c')
    expect(await find({ where: { text: '[1]' } })).toBe('e')
    expect(await find({ where: { n: null } })).toBe('ef')
    expect(await find({ where: { n: { in: [1, '2', null] } } })).toBe('adef')
    expect(await find({ where: { n: { in: [] } } })).toBe('')
    expect(await find({ where: { n: { gte: 2 } } })).toBe('bc')
    expect(await find({ where: { n: { gt: 1, lte: 2 } } })).toBe('b')
    expect(await find({ where: { n: { lt: 100 } } })).toBe('abc')
    expect(await find({ where: { text: { gte: 'o', lt: 'p' } } })).toBe('ag')
    expect(await find({ where: { text: 'one', n: 1 } })).toBe('a')
    expect(await find({ where: { _key: 'c' } })).toBe('c')
    expect(await find({ where: { _key: { in: ['a', 'g', 'zz'] } } })).toBe('ag')
    expect(await find({ where: { missing: 'x' } })).toBe('')
    expect(await find({})).toBe('abcdefg')
  })

  it('sorts, with ties by key, and pages', async () => {
    const c = await suite.collection({ indexes: [['rank']] })
    await suite.store.writeBatch(c, numbered(30).map((d) => ({ ...d, rank: Number(d.n) % 3, name: `x${29 - Number(d.n)}`.padStart(4, '0') })))
    const ascending = await suite.store.find(c, { sort: [{ field: 'rank', direction: 'asc' }] })
    expect(ascending.map(({ n }) => n)).toEqual([0, 1, 2].flatMap((rank) => Array.from({ length: 10 }, (_, i) => rank + 3 * i)))
    const descending = await suite.store.find(c, { sort: [{ field: 'rank', direction: 'desc' }] })
    expect(descending.map(({ n }) => n)).toEqual([2, 1, 0].flatMap((rank) => Array.from({ length: 10 }, (_, i) => rank + 3 * i)))
    const two = await suite.store.find(c, { sort: [{ field: 'rank', direction: 'desc' }, { field: 'n', direction: 'desc' }], limit: 2 })
    expect(two.map(({ n }) => n)).toEqual([29, 26])
    const byKey = await suite.store.find(c, { sort: [{ field: '_key', direction: 'desc' }], limit: 3, offset: 2 })
    expect(byKey.map(({ n }) => n)).toEqual([27, 26, 25])
    const pages = []
    for (let offset = 0; offset < 35; offset += 7) pages.push(...await suite.store.find(c, { sort: [{ field: 'rank', direction: 'asc' }], limit: 7, offset }))
    expect(pages).toEqual(ascending)
    expect(await suite.store.find(c, { limit: 0 })).toEqual([])
  })

  it('finds at most 1000 documents when no limit is given', async () => {
    const c = await suite.collection()
    await suite.store.writeBatch(c, numbered(1200))
    expect(await suite.store.find(c)).toHaveLength(1000)
    expect(await suite.store.find(c, { limit: 1100 })).toHaveLength(1100)
  })

  it('refuses queries that make no sense', async () => {
    const c = await suite.collection()
    for (const query of [
      { where: { 'a.b': 1 } }, { where: { "x' OR 1=1 --": 1 } }, { where: { n: {} } }, { where: { n: { gt: true } } }, { where: { n: undefined } },
      { limit: -1 }, { limit: 1.5 }, { offset: -1 }, { sort: [{ field: 'a b', direction: 'asc' }] }, { sort: [{ field: 'n', direction: 'up' }] },
    ]) await expectCode('STORE_REJECTED', suite.store.find(c, query as never))
  })

  it('gives undefined for a key that is not there', async () => {
    const c = await suite.collection()
    expect(await suite.store.get(c, 'a')).toBeUndefined()
    expect(await suite.store.get(c, 'not/a key')).toBeUndefined()
  })
}

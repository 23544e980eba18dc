import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { featureKey, type FeatureRow } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FeatureReducer } from './feature-reducer.ts'
import { candleAt, minute, start, symbol, venue } from './feature-records.test-support.ts'
import { readFeaturesAsOf, readNewestFeatures } from './read-features.ts'

let directory: string
let store: Store
const collection = 'features_1m_test'

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sf-features-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
  await store.ensureCollection(collection)
  for (const of of [symbol, 'ETHUSDT']) {
    const reducer = new FeatureReducer({
      venue, symbol: of, interval: '1m', range: { from: start, to: Infinity }, trades: false, quotes: false, articles: false,
    })
    // The candle of bar 3 came late: it was refilled after an outage, when bar 6 had closed.
    const known = (bar: number) => ({ known_time: start + ((bar === 3 ? 6 : bar) + 1) * minute })
    const rows = Array.from({ length: 10 }, (_, bar) => reducer.step(candleAt(bar, 100 + bar, { symbol: of, ...known(bar) }))).flat()
    await store.writeBatch(collection, rows.map((row) => ({ _key: featureKey(row), ...row })))
  }
})
afterAll(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})

async function bars(options: Partial<Parameters<typeof readFeaturesAsOf>[1]>): Promise<string[]> {
  const rows: FeatureRow[] = []
  for await (const batch of readFeaturesAsOf(store, { collection, symbols: [symbol], interval: '1m', ...options })) rows.push(...batch)
  for (const row of rows) expect(row).not.toHaveProperty('_key')
  return rows.map((row) => `${row.symbol} ${(row.open_time - start) / minute}`)
}

it('reads only what was known at the moment, and what rests on it', async () => {
  expect(await bars({ asOf: start + 3 * minute })).toEqual(['BTCUSDT 0', 'BTCUSDT 1', 'BTCUSDT 2'])
  // Bars 4 and 5 hold returns from bar 3, which was not known yet.
  expect(await bars({ asOf: start + 6 * minute })).toEqual(['BTCUSDT 0', 'BTCUSDT 1', 'BTCUSDT 2'])
  expect(await bars({ asOf: start + 7 * minute })).toHaveLength(7)
  expect(await bars({})).toHaveLength(10)
})

it('reads symbols one after the other, within a range', async () => {
  const range = { from: start + 2 * minute, to: start + 4 * minute }
  expect(await bars({ symbols: ['ETHUSDT', symbol, 'NONE'], ...range })).toEqual(['ETHUSDT 2', 'ETHUSDT 3', 'BTCUSDT 2', 'BTCUSDT 3'])
  expect(await bars({ collection: 'nobody_made_it' })).toEqual([])
})

it('reads the newest that were known', async () => {
  const newest = (asOf: number) => readNewestFeatures(store, { collection, symbol, interval: '1m', asOf, limit: 2 })
    .then((rows) => rows.map((row) => (row.open_time - start) / minute))
  expect(await newest(start + 5 * minute)).toEqual([1, 2])
  expect(await newest(start + 60 * minute)).toEqual([8, 9])
  expect(await readNewestFeatures(store, { collection: 'nobody_made_it', symbol, interval: '1m', limit: 2 })).toEqual([])
})

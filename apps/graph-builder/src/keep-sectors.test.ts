import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pipeline } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keepSectors } from './keep-sectors.ts'
import { readAssetFacts } from './read-facts.ts'

let directory: string
let store: Store
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-sectors-'))
  store = await connectStore({ kind: 'embedded', file: join(directory, 'store.db') })
})
afterEach(async () => {
  await store.close()
  await rm(directory, { recursive: true })
})
const spec = (sectors?: object) => ({ venue: 'yahoo', symbols: ['AAPL', 'KO', 'T'], pipeline: Pipeline.parse({ type: 'train_gnn', graph: { ...(sectors && { sectors }) } }) })
const facts = () => readAssetFacts(store, 'yahoo', ['AAPL', 'KO', 'T'])

it('keeps sectors for this graph and later ones, of its own symbols only', async () => {
  await keepSectors(store, spec({ AAPL: { sector: 'Technology', industry: 'Consumer Electronics' }, KO: { sector: 'Staples' }, MSFT: { sector: 'Technology' } }))
  await keepSectors(store, spec())
  expect(await facts()).toEqual([
    { symbol: 'AAPL', sector: 'Technology', industry: 'Consumer Electronics' }, { symbol: 'KO', sector: 'Staples', industry: undefined }, { symbol: 'T', sector: undefined, industry: undefined },
  ])
  expect(await store.count('assets')).toBe(2)
})

it('takes a correction', async () => {
  await keepSectors(store, spec({ T: { sector: 'Technology', industry: 'Phones' } }))
  await keepSectors(store, spec({ T: { sector: 'Communication' } }))
  expect((await facts())[2]).toEqual({ symbol: 'T', sector: 'Communication', industry: undefined })
})

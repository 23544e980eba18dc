import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assetGraph } from '@streamforge/contracts'
import { openFolderObjects } from '@streamforge/objects'
import { loadConfig } from '@streamforge/service'
import { Config } from './config.ts'
import { openPlatformData, type PlatformData } from './platform-data.ts'

export const configOf = (dataDir: string, env: Record<string, string> = {}) => loadConfig(Config, { DATA_DIR: dataDir, ...env })

/** A folder for a test, with an empty vault. */
export async function freshFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-backup-test-'))
  const vaultDir = join(folder, 'vault')
  return { folder, vaultDir, vault: await openFolderObjects({ directory: vaultDir }), remove: () => rm(folder, { recursive: true, force: true }) }
}

export const candleAt = (i: number) => ({
  measurement: 'candles' as const, time: Date.UTC(2025, 0, 1) + i * 300_000,
  tags: { venue: 'binance', symbol: 'BTCUSDT', interval: '5m' }, fields: { open: 1 + i, close: 1.5 + i, trade_count: i },
})

/** Some of everything that a platform keeps. */
export async function fill({ settings, documents, series, objects }: PlatformData): Promise<void> {
  await documents.ensureCollection('workflows')
  await documents.writeBatch('workflows', [{ _key: 'wf-1', status: 'finished', version: 3, more: { b: [1, { d: 1, c: null }], a: 'ä€😀' } }])
  await documents.ensureCollection('rows', { indexes: [['n']] })
  await documents.writeBatch('rows', Array.from({ length: 2_500 }, (_, i) => ({ _key: `r${String(i).padStart(6, '0')}`, n: i / 3, text: 'x'.repeat(40) })))
  await documents.ensureGraph({ name: assetGraph.name, edgeCollection: assetGraph.edges, from: [assetGraph.vertices], to: [assetGraph.vertices] })
  await documents.writeBatch(assetGraph.vertices, [{ _key: 'a' }, { _key: 'b' }])
  await documents.writeBatch(assetGraph.edges, [{ _key: 'a-b', _from: `${assetGraph.vertices}/a`, _to: `${assetGraph.vertices}/b` }])
  await series.writePoints(Array.from({ length: 6_000 }, (_, i) => candleAt(i)))
  await series.writePoints([{ ...candleAt(7), tags: { ...candleAt(7).tags, symbol: 'ETHUSDT' } }])
  await objects.put('models/gnn/1/weights.bin', Buffer.from([0, 1, 2, 250]), { 'run-id': 'r1' })
  await objects.put('models/gnn/2/weights.bin', Buffer.from([0, 1, 2, 250]))
  await settings.replace([{ owner: 'ada', kind: 'watchlist', name: 'majors', version: 4, value: '{"instruments":[]}', updated_at: 5 }, { owner: 'ada', kind: 'watchlist', name: 'gone', version: 2, value: null, updated_at: 6 }])
}

export async function withData<T>(dataDir: string, work: (data: PlatformData) => Promise<T>): Promise<T> {
  const data = await openPlatformData(configOf(dataDir))
  try {
    return await work(data)
  } finally {
    await data.close()
  }
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

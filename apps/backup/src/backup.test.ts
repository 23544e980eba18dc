import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assetGraph, type BackupManifest } from '@streamforge/contracts'
import { openFolderObjects } from '@streamforge/objects'
import { requireUnclaimed } from '@streamforge/service'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, configOf, fill, freshFolder, withData } from './backup-fixture.ts'
import { vaultConfig } from './config.ts'
import { contentName } from './content-pool.ts'
import { manifestContents } from './manifest-contents.ts'
import { openPlatformSnapshot } from './platform-data.ts'
import { pruneBackups } from './prune-backups.ts'
import { restoreBackup } from './restore-backup.ts'
import { summary } from './summary.ts'
import { takeBackup } from './take-backup.ts'
import { backupId, listBackups, readManifest } from './vault.ts'
import { verifyBackup } from './verify-backup.ts'

const begun = Date.UTC(2026, 0, 31, 2)
const day = 86_400_000

describe('backups', () => {
  let test: Awaited<ReturnType<typeof freshFolder>>
  let source: string
  let target: string
  beforeEach(async () => {
    test = await freshFolder()
    ;[source, target] = [join(test.folder, 'source'), join(test.folder, 'target')]
    await withData(source, fill)
  })
  afterEach(() => test.remove())

  async function take(now = begun): Promise<BackupManifest> {
    const data = await openPlatformSnapshot(configOf(source))
    try {
      return await takeBackup(data, test.vault, { version: '0.1.0', now: () => now })
    } finally {
      await data.close()
    }
  }
  const restore = (manifest: BackupManifest, force = false) => withData(target, (data) => restoreBackup(data, test.vault, manifest, { force }))

  it('give back everything: documents, graph, points, objects with their metadata, settings with their versions', async () => {
    const manifest = await take()
    expect(await verifyBackup(test.vault, await readManifest(test.vault, 'latest'))).toMatchObject({ rows: 1 + 2_500 + 3 + 6_001 + 2 })
    await restore(manifest)
    await withData(target, async ({ documents, series, objects, settings }) => {
      expect(await documents.get('workflows', 'wf-1')).toEqual({ _key: 'wf-1', status: 'finished', version: 3, more: { b: [1, { d: 1, c: null }], a: 'ä€😀' } })
      expect(await documents.count('rows')).toBe(2_500)
      expect(await documents.neighbors(assetGraph.name, `${assetGraph.vertices}/a`)).toMatchObject([{ _key: 'b' }])
      expect(await series.query({ measurement: 'candles', from: 0, to: 4e12, limit: 100_000 })).toHaveLength(6_001)
      expect(await objects.stat('models/gnn/1/weights.bin')).toMatchObject({ size: 4, metadata: { 'run-id': 'r1' } })
      expect((await settings.read()).map(({ name, version, value }) => [name, version, value])).toEqual([['gone', 2, null], ['majors', 4, '{"instruments":[]}']])
    })
    expect(summary([manifest])).toMatch(/^20260131T020000Z {2}v0\.1\.0 .* 2504 documents in 4 collections, 6001 points, 2 objects, 2 settings$/)
  })

  it('are of one instant of the files, and what is written meanwhile is in the next', async () => {
    const snapshot = await openPlatformSnapshot(configOf(source))
    await withData(source, ({ documents }) => documents.writeBatch('rows', [{ _key: 'late' }]))
    const first = await takeBackup(snapshot, test.vault, { version: '0.1.0', now: () => begun })
    await snapshot.close()
    const rowsIn = (manifest: BackupManifest) => manifest.documents!.collections.find(({ name }) => name === 'rows')!.rows
    expect([rowsIn(first), rowsIn(await take(begun + 1_000))]).toEqual([2_500, 2_501])
  })

  it('refuse a target that has anything, unless it may be emptied', async () => {
    const manifest = await take()
    const filling: ((data: Parameters<Parameters<typeof withData>[1]>[0]) => Promise<unknown>)[] = [
      async ({ documents }) => { await documents.ensureCollection('other'); await documents.writeBatch('other', [{ _key: 'x' }]) },
      ({ objects }) => objects.put('other', Buffer.from('x')),
      ({ settings }) => settings.replace([{ owner: 'bob', kind: 'watchlist', name: 'n', version: 1, value: '{}', updated_at: 1 }]),
      ({ series }) => series.writePoints([{ measurement: 'candles', time: Date.UTC(2024, 0, 1), tags: { venue: 'binance', symbol: 'X', interval: '5m' }, fields: { close: 1 } }]),
    ]
    for (const work of filling) {
      await rm(target, { recursive: true, force: true })
      await withData(target, work)
      await expect(restore(manifest)).rejects.toMatchObject({ code: 'CONFLICT' })
    }
    await restore(manifest, true)
    await withData(target, async ({ documents, series }) => {
      expect((await documents.listCollections()).map(({ name }) => name)).not.toContain('other')
      expect(await series.query({ measurement: 'candles', from: 0, to: 4e12, limit: 100_000 })).toHaveLength(6_002)
    })
    await restore(manifest, true)
  })

  it('that are damaged are found, and restore nothing', async () => {
    const manifest = await take()
    for (const { content } of [...manifestContents(manifest)].filter((_, i) => i % 2 === 0)) {
      const name = contentName(content)
      const kept = await test.vault.get(name)
      for (const [broken, wrong] of [[Buffer.from('nothing like it'), /cannot be unpacked|has \d+ bytes/], [undefined, /is missing/]] as const) {
        if (broken) await test.vault.put(name, broken)
        else await test.vault.delete(name)
        const error = await restore(manifest).catch((e: unknown) => e)
        expect(error).toMatchObject({ code: 'BACKUP_DAMAGED', message: expect.stringMatching(wrong) as string })
      }
      await test.vault.put(name, kept)
    }
    await withData(target, async ({ documents, settings }) => expect([await documents.listCollections(), await settings.read()]).toEqual([[], []]))
    await test.vault.put(`backups/${manifest.id}/manifest.json`, Buffer.from('{"format":2}'))
    await expect(readManifest(test.vault, 'latest')).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' })
  })

  it('share what did not change, and pruning leaves what is needed', async () => {
    await take()
    const pieces = async () => (await collect(test.vault.list('content/'))).length
    const before = await pieces()
    await withData(source, ({ documents }) => documents.writeBatch('workflows', [{ _key: 'wf-2' }]))
    const second = await take(begun + day)
    expect(await pieces()).toBe(before + 1)
    expect(await listBackups(test.vault)).toEqual([backupId(begun), backupId(begun + day)])
    expect(await pruneBackups(test.vault, 1, () => Date.now())).toEqual({ backups: 1, pieces: 0 })
    expect(await pruneBackups(test.vault, 1, () => Date.now() + 2 * day)).toEqual({ backups: 0, pieces: 1 })
    await verifyBackup(test.vault, second)
    await restore(second)
  })

  it('of one part restore that part', async () => {
    const manifest = await take()
    await withData(target, (data) => restoreBackup(data, test.vault, manifest, { parts: ['objects'] }))
    await withData(target, async ({ documents, objects }) => {
      expect(await documents.listCollections()).toEqual([])
      expect(await collect(objects.list())).toHaveLength(2)
    })
  })
})

describe('where backups go', () => {
  const s3 = { OBJECTS: 's3', S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', BACKUP_S3_ACCESS_KEY: 'a', BACKUP_S3_SECRET_KEY: 'b' }

  it('is a folder beside the data, or a bucket of its own, never the one that they are of', () => {
    expect(vaultConfig(configOf('/data/platform'))).toEqual({ kind: 'embedded', directory: '/data/streamforge-backups' })
    expect(vaultConfig(configOf('/data', { ...s3, BACKUP_S3_ENDPOINT: 'http://minio:9000' }))).toMatchObject({ bucket: 'streamforge-backups' })
    expect(() => vaultConfig(configOf('/data', { ...s3, BACKUP_S3_ENDPOINT: 'http://minio:9000/', BACKUP_S3_BUCKET: 'streamforge' }))).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }))
    expect(() => vaultConfig(configOf('/data', { BACKUP_S3_ENDPOINT: 'http://minio:9000' }))).toThrow(/keys/)
  })

  it('is not restored from into a platform that runs', async () => {
    const { folder, remove } = await freshFolder()
    await requireUnclaimed(folder, 'stop it')
    const objects = await openFolderObjects({ directory: join(folder, 'run') })
    await objects.close()
    await writeFile(join(folder, 'run', 'up.pid'), String(process.pid))
    expect(await readFile(join(folder, 'run', 'up.pid'), 'utf8')).toBe(String(process.pid))
    await expect(requireUnclaimed(folder, 'stop it')).rejects.toMatchObject({ code: 'CONFLICT' })
    await remove()
  })
})

import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackupManifest } from '@streamforge/contracts'
import {
  influxdbAvailable, minioAvailable, minioVersion, postgresAvailable, type InfluxdbServer, type PostgresServer, type MinioServer, startInfluxdb, startMinio, startPostgres,
} from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { candleAt, withData } from './backup-fixture.ts'
import { proofs, run, startStoreServer, type StoreServer } from './restore-fixture.ts'

const available = await minioAvailable()
const postgres = await postgresAvailable()
const influxdb = await influxdbAvailable()

describe.skipIf(!available.ok)(`a platform destroyed and restored from MinIO ${minioVersion}${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let folder: string
  let dataDir: string
  let minio: MinioServer
  let database: PostgresServer | undefined
  let env: Record<string, string>
  let original: BackupManifest
  const filesOf = (folder: string) => ({ kind: 'embedded', file: join(folder, 'store.db') }) as const
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-restore-'))
    dataDir = join(folder, 'data')
    minio = await startMinio()
    database = postgres.ok ? await startPostgres() : undefined
    env = { DATA_DIR: dataDir, BACKUP_S3_ENDPOINT: minio.url, BACKUP_S3_ACCESS_KEY: minio.accessKey, BACKUP_S3_SECRET_KEY: minio.secretKey }
    const started = await run('apps/cli/src/main.ts', ['start', '--once', '--json', '--port', '0', '--data-dir', dataDir])
    expect(started.code, started.notices).toBe(0)
    // A workflow that ends needs no time series, and makes none.
    await withData(dataDir, ({ series }) => series.writePoints([...Array.from({ length: 6_000 }, (_, i) => candleAt(i)), { ...candleAt(7), tags: { ...candleAt(7).tags, symbol: 'ETHUSDT' } }]))
  }, 300_000)
  afterAll(async () => {
    await Promise.all([minio?.stop(), database?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  it('has equal certificates, and the records that they are of', { timeout: 300_000 }, async () => {
    const before = await proofs(filesOf(dataDir))
    expect(before.length).toBeGreaterThanOrEqual(2)
    for (const { certificate, recomputed } of before) expect([certificate.complete, recomputed]).toEqual([true, certificate.checksum])
    const taken = await run('apps/backup/src/main.ts', ['take', '--json'], env)
    expect(taken.code, taken.notices).toBe(0)
    ;[original] = JSON.parse(taken.output) as [BackupManifest]
    expect((await run('apps/backup/src/main.ts', ['verify'], env)).output).toMatch(/is whole/)

    const refused = await run('apps/backup/src/main.ts', ['restore'], env)
    expect([refused.code, refused.notices]).toEqual([2, expect.stringContaining('CONFLICT: the target is not empty') as string])
    await rm(dataDir, { recursive: true })
    const restored = await run('apps/backup/src/main.ts', ['restore'], env)
    expect(restored.code, restored.notices).toBe(0)
    expect(await proofs(filesOf(dataDir))).toEqual(before)
  })

  it('is the same on other servers: what lay in files goes to S3 and PostgreSQL, and back', { timeout: 300_000 }, async () => {
    const elsewhere = {
      ...env, DATA_DIR: join(folder, 'elsewhere'), OBJECTS: 's3', S3_ENDPOINT: minio.url, S3_BUCKET: 'restored', S3_ACCESS_KEY: minio.accessKey, S3_SECRET_KEY: minio.secretKey,
      ...(database && { POSTGRES_URL: database.url }),
    }
    const restored = await run('apps/backup/src/main.ts', ['restore'], elsewhere)
    expect(restored.code, restored.notices).toBe(0)
    const taken = await run('apps/backup/src/main.ts', ['take', '--json'], elsewhere)
    const [again] = JSON.parse(taken.output) as BackupManifest[]
    expect(again).toMatchObject({
      documents: { collections: original.documents!.collections }, series: { measurements: original.series!.measurements },
      objects: { from: 's3', objects: original.objects!.objects }, settings: { from: database ? 'postgres' : 'sqlite', contents: original.settings!.contents },
    })
  })

  const backup = (args: readonly string[], where: Record<string, string>) => run('apps/backup/src/main.ts', args, where)
  const succeeds = async (args: readonly string[], where: Record<string, string>) => {
    const ended = await backup(args, where)
    expect(ended.code, ended.notices).toBe(0)
    return ended.output
  }
  const takes = async (part: string, where: Record<string, string>) => (JSON.parse(await succeeds(['take', '--json', '--part', part], where)) as [BackupManifest])[0]
  const isRefused = async (args: readonly string[], where: Record<string, string>, what: RegExp) => {
    const refused = await backup(args, where)
    expect([refused.code, refused.notices]).toEqual([2, expect.stringMatching(what) as string])
  }

  it("is the same behind a store server: its file destroyed, its own backup restored, certificates equal", { timeout: 300_000 }, async () => {
    const before = await proofs(filesOf(dataDir))
    const token = 'known-to-this-test-only'
    let served: StoreServer | undefined
    const serve = async (name: string) => {
      served = await startStoreServer(join(folder, name), token)
      return { kind: 'remote', url: served.url, token } as const
    }
    const over = ({ url }: { url: string }) => ({ ...env, DATA_DIR: join(folder, 'beside-the-server'), STORE: 'remote', STORE_URL: url, STORE_TOKEN: token })
    try {
      await mkdir(join(folder, 'served'))
      await copyFile(filesOf(dataDir).file, join(folder, 'served/store.db'))
      const first = await serve('served')
      expect(await proofs(first)).toEqual(before)
      const taken = await takes('documents', over(first))
      expect(taken.documents).toEqual({ ...original.documents, from: 'remote' })
      await served!.kill()
      await rm(join(folder, 'served'), { recursive: true })

      const second = await serve('served-again')
      await succeeds(['restore', taken.id, '--part', 'documents'], over(second))
      expect(await proofs(second)).toEqual(before)
      await isRefused(['restore', taken.id, '--part', 'documents'], over(second), /CONFLICT: the target is not empty: the store has/)
    } finally {
      await served?.kill()
    }
  })

  it.skipIf(!influxdb.ok)(`is the same on InfluxDB: the server destroyed, its own backup restored, every point equal${influxdb.ok ? '' : ` (skipped: ${influxdb.reason})`}`, { timeout: 300_000 }, async () => {
    let server: InfluxdbServer | undefined
    const fresh = async () => {
      await server?.stop()
      server = await startInfluxdb()
      return { ...env, DATA_DIR: join(folder, 'beside-influxdb'), TIMESERIES: 'influx', INFLUX_URL: server.url, INFLUX_TOKEN: server.token, INFLUX_ORG: server.org }
    }
    try {
      const candles = original.series!.measurements.find(({ name }) => name === 'candles')!
      expect(candles.rows).toBe(6_001)
      const first = await fresh()
      await succeeds(['restore', original.id, '--part', 'series'], first)
      const taken = await takes('series', first)
      expect(taken.series).toEqual({ ...original.series, from: 'influx' })

      // Its data goes with it: the next one is empty.
      const second = await fresh()
      expect((await takes('series', second)).series!.measurements.map(({ rows }) => rows).every((rows) => rows === 0)).toBe(true)
      await succeeds(['restore', taken.id, '--part', 'series'], second)
      expect((await takes('series', second)).series).toEqual(taken.series)
      await isRefused(['restore', taken.id, '--part', 'series'], second, /CONFLICT: the target is not empty: the time series have points/)
      await succeeds(['restore', taken.id, '--part', 'series', '--force'], second)
    } finally {
      await server?.stop()
    }
  })
})

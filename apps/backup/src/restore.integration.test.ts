import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  type BackupManifest, candleKeyRange, canonicalLine, CoverageCertificate, type MarketRecord, parseDataType, tradeKeyRange,
} from '@streamforge/contracts'
import { minioAvailable, minioVersion, postgresAvailable, type PostgresServer, type MinioServer, startMinio, startPostgres } from '@streamforge/servers'
import { connectStore, type StoredDocument } from '@streamforge/store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const available = await minioAvailable()
const postgres = await postgresAvailable()

interface Ended {
  code: number
  output: string
  notices: string
}

function run(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'tools/run.mjs'), script, ...args], { cwd: root, env: { ...process.env, ...env } })
  const ended = { output: '', notices: '' }
  child.stdout.on('data', (chunk: Buffer) => { ended.output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { ended.notices += chunk.toString() })
  return new Promise((done) => child.on('exit', (code) => done({ ...ended, code: code ?? -1 })))
}

/** Certificates as they are stored, each with the checksum that its records give now. */
async function proofs(dataDir: string) {
  const store = await connectStore({ kind: 'embedded', file: join(dataDir, 'store.db') })
  try {
    const found = await store.find<CoverageCertificate & StoredDocument>('coverage', { sort: [{ field: '_key', direction: 'asc' }] })
    return await Promise.all(found.map(async ({ _key, ...certificate }) => {
      const type = parseDataType(CoverageCertificate.parse(certificate).type)
      const range = type.content === 'candles' ? candleKeyRange(certificate.symbol, type.interval, certificate) : tradeKeyRange(certificate.symbol)
      const hash = createHash('sha256')
      for await (const page of store.scan<MarketRecord & StoredDocument>(certificate.collection_name, range)) for (const record of page) hash.update(`${canonicalLine(record)}\n`)
      return { certificate, recomputed: `sha256:${hash.digest('hex')}` }
    }))
  } finally {
    await store.close()
  }
}

describe.skipIf(!available.ok)(`a platform destroyed and restored from MinIO ${minioVersion}${available.ok ? '' : ` (skipped: ${available.reason})`}`, () => {
  let folder: string
  let dataDir: string
  let minio: MinioServer
  let database: PostgresServer | undefined
  let env: Record<string, string>
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-restore-'))
    dataDir = join(folder, 'data')
    minio = await startMinio()
    database = postgres.ok ? await startPostgres() : undefined
    env = { DATA_DIR: dataDir, BACKUP_S3_ENDPOINT: minio.url, BACKUP_S3_ACCESS_KEY: minio.accessKey, BACKUP_S3_SECRET_KEY: minio.secretKey }
    const started = await run('apps/cli/src/main.ts', ['start', '--once', '--json', '--port', '0', '--data-dir', dataDir])
    expect(started.code, started.notices).toBe(0)
  }, 300_000)
  afterAll(async () => {
    await Promise.all([minio?.stop(), database?.stop()])
    await rm(folder, { recursive: true, force: true })
  })

  it('has equal certificates, and the records that they are of', { timeout: 300_000 }, async () => {
    const before = await proofs(dataDir)
    expect(before.length).toBeGreaterThanOrEqual(2)
    for (const { certificate, recomputed } of before) expect([certificate.complete, recomputed]).toEqual([true, certificate.checksum])
    const taken = await run('apps/backup/src/main.ts', ['take', '--json'], env)
    expect(taken.code, taken.notices).toBe(0)
    expect((await run('apps/backup/src/main.ts', ['verify'], env)).output).toMatch(/is whole/)

    const refused = await run('apps/backup/src/main.ts', ['restore'], env)
    expect([refused.code, refused.notices]).toEqual([2, expect.stringContaining('CONFLICT: the target is not empty') as string])
    await rm(dataDir, { recursive: true })
    const restored = await run('apps/backup/src/main.ts', ['restore'], env)
    expect(restored.code, restored.notices).toBe(0)
    expect(await proofs(dataDir)).toEqual(before)
  })

  it('is the same on other servers: what lay in files goes to S3 and PostgreSQL, and back', { timeout: 300_000 }, async () => {
    const elsewhere = {
      ...env, DATA_DIR: join(folder, 'elsewhere'), OBJECTS: 's3', S3_ENDPOINT: minio.url, S3_BUCKET: 'restored', S3_ACCESS_KEY: minio.accessKey, S3_SECRET_KEY: minio.secretKey,
      ...(database && { POSTGRES_URL: database.url }),
    }
    const restored = await run('apps/backup/src/main.ts', ['restore'], elsewhere)
    expect(restored.code, restored.notices).toBe(0)
    const taken = await run('apps/backup/src/main.ts', ['take', '--json'], elsewhere)
    const [original] = JSON.parse((await run('apps/backup/src/main.ts', ['list', '--json'], env)).output) as BackupManifest[]
    const [again] = JSON.parse(taken.output) as BackupManifest[]
    expect(again).toMatchObject({
      documents: { collections: original!.documents!.collections }, series: { measurements: original!.series!.measurements },
      objects: { from: 's3', objects: original!.objects!.objects }, settings: { from: database ? 'postgres' : 'sqlite', contents: original!.settings!.contents },
    })
  })
})

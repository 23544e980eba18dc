import { createHash, randomBytes } from 'node:crypto'
import { minioAvailable, minioVersion, startMinio, type MinioServer } from '@streamforge/servers'
import { Client } from 'minio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectObjects } from '../connect-objects.ts'
import { objectsContract } from '../objects-contract.ts'
import type { ObjectStore } from '../objects.ts'
import type { S3ObjectsOptions } from './bucket.ts'
import { openS3Objects } from './open-s3-objects.ts'

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const one of given) list.push(one)
  return list
}

const available = await minioAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`
const MIB = 1024 * 1024
let server: MinioServer

describe.skipIf(!available.ok)(`MinIO ${minioVersion}${skipped}`, () => {
  beforeAll(async () => {
    server = await startMinio()
  }, 400_000)
  afterAll(() => server.stop())

  const optionsFor = (bucket: string): S3ObjectsOptions => ({ endpoint: server.url, bucket, accessKey: server.accessKey, secretKey: server.secretKey })
  const raw = () => new Client({ endPoint: new URL(server.url).hostname, port: Number(new URL(server.url).port), useSSL: false, accessKey: server.accessKey, secretKey: server.secretKey, region: server.region })
  const checksumOf = (parts: Iterable<Uint8Array>) => {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return `sha256:${hash.digest('hex')}`
  }
  const names = async (objects: ObjectStore) => (await all(objects.list())).map(({ name }) => name)

  objectsContract('s3', async () => ({
    open: () => connectObjects({ kind: 's3', ...optionsFor('contract') }),
    dispose: async () => undefined,
  }))

  describe('what only S3 has', () => {
    let objects: ObjectStore
    beforeAll(async () => {
      objects = await openS3Objects(optionsFor('own'))
    })
    afterAll(() => objects.close())

    it('lists more than a page', async () => {
      const some = await openS3Objects({ ...optionsFor('pages'), pageSize: 10 })
      const expected = Array.from({ length: 33 }, (_, i) => `n/${i + 10}`)
      await Promise.all(expected.map((name) => some.put(name, Buffer.from(name))))
      expect(await names(some)).toEqual(expected)
      await some.close()
    })

    it('stores in parts what is larger than one, over the death of the server, and shows nothing before the end', async () => {
      const chunks = Array.from({ length: 40 }, () => randomBytes(MIB / 2))
      await objects.put('large', Buffer.from('before'))
      const seen: unknown[] = []
      const info = await objects.put('large', (async function* () {
        for (const [i, chunk] of chunks.entries()) {
          if (i === 25) {
            await server.kill()
            await server.restart()
          }
          if (i % 10 === 9) seen.push((await objects.stat('large'))!.size, await names(objects))
          yield chunk
        }
      })(), { note: 'größer' })
      expect(seen).toEqual([6, ['large'], 6, ['large'], 6, ['large'], 6, ['large']])
      expect(info).toMatchObject({ size: 20 * MIB, checksum: checksumOf(chunks), metadata: { note: 'größer' } })
      expect(await objects.stat('large')).toEqual(info)
      expect(checksumOf([await objects.get('large')])).toBe(info.checksum)
      expect((await raw().listObjectsV2Query('own', 'uploads/', '', '', 10, '')).objects).toEqual([])
      // The same of one piece.
      expect(await objects.put('large', Buffer.concat(chunks))).toMatchObject({ size: 20 * MIB, checksum: info.checksum })
      await objects.delete('large')
    })

    it('goes on with a put and with reading when the server is back', async () => {
      const content = randomBytes(30 * MIB)
      await objects.put('read', content)
      const parts: Uint8Array[] = []
      for await (const part of await objects.stream('read')) {
        if (parts.push(part) !== 1) continue
        await server.kill()
        const put = objects.put('away', Buffer.from('1'))
        await server.restart()
        await put
      }
      expect(content.equals(Buffer.concat(parts))).toBe(true)
      expect(await objects.get('away')).toEqual(Buffer.from('1'))
    })

    it('says that an object was replaced while the connection to it was broken', async () => {
      await objects.put('other', randomBytes(30 * MIB))
      const reading = (async () => {
        let parts = 0
        for await (const _ of await objects.stream('other')) {
          if (parts++ > 0) continue
          await server.kill()
          await server.restart()
          await objects.put('other', randomBytes(30 * MIB))
        }
      })()
      await expect(reading).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', remedy: 'read it again' })
    })

    it('removes what writers that died have left, after a day', async () => {
      await raw().putObject('own', 'uploads/left', 'x')
      const listed = async () => (await raw().listObjectsV2Query('own', 'uploads/', '', '', 10, '')).objects.map(({ name }) => name)
      await objects.put('large', randomBytes(9 * MIB))
      expect(await listed()).toEqual(['uploads/left'])
      const tomorrow = await openS3Objects({ ...optionsFor('own'), now: () => Date.now() + 25 * 3_600_000 })
      await tomorrow.put('large', randomBytes(9 * MIB))
      expect(await listed()).toEqual([])
      await tomorrow.close()
    })

    it('describes what other tools have stored', async () => {
      await raw().putObject('own', 'objects/foreign!', 'abc')
      expect(await objects.stat('foreign')).toMatchObject({ size: 3, checksum: checksumOf([Buffer.from('abc')]), metadata: {} })
    })

    it('says which of keys, address and bucket is wrong, and no secret', async () => {
      const secretKey = 'not-the-secret-key'
      const denied = await openS3Objects({ ...optionsFor('own'), secretKey }).catch((error: unknown) => error)
      expect(denied).toMatchObject({ code: 'BAD_CONFIG', message: expect.stringContaining("bucket 'own'") as string })
      expect(JSON.stringify(denied, Object.getOwnPropertyNames(denied))).not.toContain(secretKey)
      await expect(openS3Objects({ ...optionsFor('own'), accessKey: 'nobody' })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
      await expect(openS3Objects({ ...optionsFor('own'), endpoint: 'ftp://x' })).rejects.toMatchObject({ code: 'BAD_CONFIG', remedy: expect.stringContaining('S3_ENDPOINT') as string })
      await expect(openS3Objects({ ...optionsFor('own'), endpoint: 'http://127.0.0.1:1', connectWithinMs: 200 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await expect(openS3Objects({ ...optionsFor('Bad_Bucket') })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
    })

    it('is not used after it was closed', async () => {
      const closed = await openS3Objects(optionsFor('own'))
      await closed.close()
      await expect(closed.get('read')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', remedy: 'open it again' })
    })
  })
})

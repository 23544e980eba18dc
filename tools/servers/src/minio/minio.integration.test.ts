import { Client } from 'minio'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MinioServer, minioAvailable, minioVersion, startMinio } from './minio.ts'

const available = await minioAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`

describe.skipIf(!available.ok)(`a real MinIO of ${minioVersion}${skipped}`, () => {
  let server: MinioServer
  beforeAll(async () => { server = await startMinio() })
  afterAll(() => server.stop())

  const clientWith = ({ accessKey, secretKey }: { accessKey: string; secretKey: string }) => {
    const { hostname, port } = new URL(server.url)
    return new Client({ endPoint: hostname, port: Number(port), useSSL: false, accessKey, secretKey, region: server.region })
  }
  const read = async (bucket: string, name: string) => Buffer.concat(await (await clientWith(server).getObject(bucket, name)).toArray() as Buffer[]).toString()

  it('keeps objects over a crash', async () => {
    const client = clientWith(server)
    await client.makeBucket('kept')
    await client.putObject('kept', 'folder/one', 'ünes', undefined, { 'X-Amz-Meta-Note': 'kept too' })
    await server.kill()
    await server.restart()
    expect(await read('kept', 'folder/one')).toBe('ünes')
    expect((await client.statObject('kept', 'folder/one')).metaData).toMatchObject({ note: 'kept too' })
  })

  it('refuses whoever does not know the secret key', async () => {
    await expect(clientWith({ ...server, secretKey: 'not the secret key' }).listBuckets()).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
  })
})

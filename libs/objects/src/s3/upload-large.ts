import { randomUUID } from 'node:crypto'
import { CopyDestinationOptions, CopySourceOptions, type Client } from 'minio'
import type { Bucket } from './bucket.ts'
import { isMissing, s3Code } from './s3-errors.ts'

const folder = 'uploads/'
/** What a writer that died has left is removed after so long; one that is still at work for a day would be cut off. */
const ABANDONED_AFTER_MS = 24 * 3_600_000
/** What S3 copies in one request. */
export const LARGEST_BYTES = 5 * 1024 ** 3

/** Content in the store that is no object yet: nobody sees it under the name it will have. */
export interface LargeUpload {
  /** Makes it the object `key`, with its description, in one step. */
  publish(key: string, headers: Record<string, string>): Promise<void>
  /** Removes what was uploaded. */
  discard(): Promise<void>
}

/**
 * Uploads content in parts, each tried until it is stored. What describes an object is given to S3 at the beginning of an upload, and a
 * checksum is known at its end: so the parts become an object with a name of its own, which the server then copies with the description.
 */
export async function uploadLarge(bucket: Bucket, doing: string, parts: AsyncIterable<Buffer>): Promise<LargeUpload> {
  const key = folder + randomUUID()
  const uploadId = await bucket.call(doing, (client) => client.initiateNewMultipartUpload(bucket.name, key, {}))
  try {
    const stored: { part: number; etag: string }[] = []
    for await (const content of parts) {
      const part = { bucketName: bucket.name, objectName: key, uploadID: uploadId, partNumber: stored.length + 1, headers: {} }
      const { etag } = await bucket.call(doing, (client) => client.uploadPart(part, content))
      stored.push({ part: part.partNumber, etag })
    }
    await bucket.call(doing, (client, number) => complete(client, number))
    async function complete(client: Client, number: number): Promise<void> {
      try {
        await client.completeMultipartUpload(bucket.name, key, uploadId, stored)
      } catch (error) {
        // The answer to an earlier try was lost on the way: the upload is over because it is an object.
        if (number === 0 || s3Code(error) !== 'NoSuchUpload') throw error
        await client.statObject(bucket.name, key)
      }
    }
  } catch (error) {
    // Once: whoever waits wants to know why, and what is left here goes away by itself.
    await bucket.call('drop an upload', (client) => client.abortMultipartUpload(bucket.name, key, uploadId).catch(() => undefined)).catch(() => undefined)
    throw error
  }
  const remove = () => bucket.call('drop an upload', (client) => client.removeObject(bucket.name, key).catch(() => undefined))
  return {
    discard: remove,
    publish: async (destination, headers) => {
      const copied = new CopyDestinationOptions({ Bucket: bucket.name, Object: destination, MetadataDirective: 'REPLACE', Headers: headers })
      await bucket.call(doing, (client) => client.copyObject(new CopySourceOptions({ Bucket: bucket.name, Object: key }), copied))
      await remove()
    },
  }
}

/** Removes what writers that died have left. */
export async function removeAbandoned(bucket: Bucket, now: number): Promise<void> {
  const isOld = (date: Date) => now - date.getTime() > ABANDONED_AFTER_MS
  const { objects } = await bucket.call('look for abandoned uploads', (client) => client.listObjectsV2Query(bucket.name, folder, '', '', 1000, ''))
  for (const { name, lastModified } of objects) {
    if (name !== undefined && lastModified !== undefined && isOld(lastModified)) await bucket.call('drop an upload', (client) => client.removeObject(bucket.name, name))
  }
  const { uploads } = await bucket.call('look for abandoned uploads', (client) => client.listIncompleteUploadsQuery(bucket.name, folder, '', '', ''))
  for (const { key, uploadId, initiated } of uploads) {
    if (isOld(initiated)) await bucket.call('drop an upload', (client) => client.abortMultipartUpload(bucket.name, key, uploadId).catch(ignoreMissing))
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error) && s3Code(error) !== 'NoSuchUpload') throw error
}

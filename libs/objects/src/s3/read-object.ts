import type { Readable } from 'node:stream'
import { StreamForgeError } from '@streamforge/contracts'
import type { Bucket } from './bucket.ts'
import { isMissing, isTransient, toObjectError } from './s3-errors.ts'

/** An answer that carries content; `headers` are there at run time. */
type Answer = Readable & { headers?: Record<string, string | undefined> }

/**
 * The content of an object from the moment this resolves. A connection that breaks is continued where it broke, as long as the object is the
 * same one.
 * @throws StreamForgeError OBJECT_NOT_FOUND, STORE_UNAVAILABLE
 */
export async function readObject(bucket: Bucket, key: string, doing: string): Promise<AsyncIterable<Uint8Array>> {
  const first = await open(bucket, key, doing, 0)
  return continued(bucket, key, doing, first)
}

const open = (bucket: Bucket, key: string, doing: string, from: number) =>
  bucket.call(doing, async (client): Promise<Answer> => client.getPartialObject(bucket.name, key, from))

async function* continued(bucket: Bucket, key: string, doing: string, first: Answer): AsyncGenerator<Uint8Array> {
  const { etag, 'content-length': length } = first.headers ?? {}
  const size = Number(length)
  let at = 0
  for (let answer = first; ;) {
    try {
      for await (const part of answer as AsyncIterable<Buffer>) {
        at += part.byteLength
        yield part
      }
      if (!(at < size)) return
    } catch (error) {
      if (!isTransient(error)) throw toObjectError(error, doing)
    } finally {
      answer.destroy()
    }
    if (at === size) return
    answer = await open(bucket, key, doing, at).catch((error: unknown) => {
      throw isMissing(error) ? replaced(doing) : error
    })
    if (answer.headers?.etag !== etag) {
      answer.destroy()
      throw replaced(doing)
    }
  }
}

const replaced = (doing: string) =>
  new StreamForgeError('STORE_UNAVAILABLE', `the object store could not ${doing}: the connection broke, and the object is another one by now`, { remedy: 'read it again' })

import { createHash } from 'node:crypto'
import { StreamForgeError } from '@streamforge/contracts'
import { checkMetadata } from '../metadata.ts'
import { checkObjectName, objectNotFound } from '../object-names.ts'
import type { ObjectInfo, ObjectStore } from '../objects.ts'
import { openBucket, type Bucket, type S3ObjectsOptions } from './bucket.ts'
import { describeAsHeaders, describeStored, keyOf, keyPrefix, nameOf } from './description.ts'
import { gatherParts } from './gather-parts.ts'
import { inOrder } from './in-order.ts'
import { readObject } from './read-object.ts'
import { isMissing } from './s3-errors.ts'
import { LARGEST_BYTES, removeAbandoned, uploadLarge } from './upload-large.ts'

const MIB = 1024 * 1024
/** S3 lists names; what describes each object is asked for, so many at once. */
const describedAtOnce = 16

/**
 * The object store on a server that speaks S3 (MinIO, Amazon's and others). One object is one object of the bucket, `objects/<name>!`, with its
 * checksum and metadata as headers. Content of up to a part goes in one request; more goes in parts and is held no more than a part at a time.
 * @throws StreamForgeError STORE_UNAVAILABLE; BAD_CONFIG when the server does not take the keys
 */
export async function openS3Objects(options: S3ObjectsOptions): Promise<ObjectStore> {
  const { now = Date.now, partBytes = 8 * MIB, pageSize = 1000 } = options
  if (partBytes < 5 * MIB) throw new StreamForgeError('BAD_CONFIG', `parts of ${partBytes} bytes are smaller than S3 takes`, { remedy: 'at least 5 MiB' })
  return new S3Objects(await openBucket(options), { now, partBytes, pageSize })
}

class S3Objects implements ObjectStore {
  readonly kind = 's3'
  readonly #bucket: Bucket
  readonly #now: () => number
  readonly #partBytes: number
  readonly #pageSize: number

  constructor(bucket: Bucket, { now, partBytes, pageSize }: { now: () => number; partBytes: number; pageSize: number }) {
    this.#bucket = bucket
    this.#now = now
    this.#partBytes = partBytes
    this.#pageSize = pageSize
  }

  async put(name: string, content: Uint8Array | AsyncIterable<Uint8Array>, metadata: Readonly<Record<string, string>> = {}): Promise<ObjectInfo> {
    checkObjectName(name)
    checkMetadata(metadata)
    const parts = gatherParts(content, this.#partBytes)
    try {
      return await this.#putParts(name, parts, metadata)
    } finally {
      // Whatever the source holds open, however this ended.
      await parts.return(undefined)
    }
  }

  async #putParts(name: string, parts: AsyncGenerator<Buffer>, metadata: Readonly<Record<string, string>>): Promise<ObjectInfo> {
    const { value: first } = await parts.next() as { value: Buffer }
    const hash = createHash('sha256').update(first)
    const describe = (size: number): ObjectInfo => ({
      name, size, checksum: `sha256:${hash.digest('hex')}`, modifiedAt: this.#now(), metadata: { ...metadata },
    })
    if (first.byteLength < this.#partBytes) return this.#putWhole(first, describe(first.byteLength))
    let size = first.byteLength
    const counted = async function* () {
      yield first
      for await (const part of parts) {
        hash.update(part)
        size += part.byteLength
        if (size > LARGEST_BYTES) throw new StreamForgeError('STORE_REJECTED', `'${name}' has more than 5 GiB`, { remedy: 'store it as several objects' })
        yield part
      }
    }
    return this.#putLarge(name, counted(), () => describe(size))
  }

  async #putWhole(content: Buffer, info: ObjectInfo): Promise<ObjectInfo> {
    await this.#bucket.call(`put '${info.name}'`, (client) => client.putObject(this.#bucket.name, keyOf(info.name), content, content.byteLength, describeAsHeaders(info)))
    return info
  }

  async #putLarge(name: string, parts: AsyncIterable<Buffer>, describe: () => ObjectInfo): Promise<ObjectInfo> {
    await removeAbandoned(this.#bucket, this.#now())
    const upload = await uploadLarge(this.#bucket, `put '${name}'`, parts)
    const info = describe()
    try {
      await upload.publish(keyOf(name), describeAsHeaders(info))
      return info
    } catch (error) {
      await upload.discard().catch(() => undefined)
      throw error
    }
  }

  async get(name: string): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for await (const part of await this.stream(name)) parts.push(part)
    return Buffer.concat(parts)
  }

  async stream(name: string): Promise<AsyncIterable<Uint8Array>> {
    checkObjectName(name)
    const content = await unlessMissing(readObject(this.#bucket, keyOf(name), `read '${name}'`))
    if (content === undefined) throw objectNotFound(name)
    return content
  }

  async stat(name: string): Promise<ObjectInfo | undefined> {
    checkObjectName(name)
    return this.#describe(name)
  }

  async* list(prefix = ''): AsyncGenerator<ObjectInfo> {
    const described = inOrder(this.#names(prefix), describedAtOnce, (name) => this.#describe(name))
    // What was deleted since it was listed is not there.
    for await (const info of described) if (info) yield info
  }

  async delete(name: string): Promise<void> {
    checkObjectName(name)
    await this.#bucket.call(`delete '${name}'`, (client) => client.removeObject(this.#bucket.name, keyOf(name)))
  }

  async close(): Promise<void> {
    this.#bucket.close()
  }

  /** Pages go on behind the last name, so that they need nothing that a server would have to remember. */
  async* #names(prefix: string): AsyncGenerator<string> {
    for (let after = ''; ;) {
      const page = await this.#bucket.call(`list '${prefix}'`, (client) => client.listObjectsV2Query(this.#bucket.name, keyPrefix(prefix), '', '', this.#pageSize, after))
      for (const { name: key } of page.objects) {
        if (key === undefined) continue
        after = key
        const name = nameOf(key)
        if (name !== undefined) yield name
      }
      if (!page.isTruncated || page.objects.length === 0) return
    }
  }

  async #describe(name: string): Promise<ObjectInfo | undefined> {
    const stored = await unlessMissing(this.#bucket.call(`look at '${name}'`, (client) => client.statObject(this.#bucket.name, keyOf(name))))
    return stored && unlessMissing(describeStored(name, stored, () => this.#checksumOf(name)))
  }

  async #checksumOf(name: string): Promise<string> {
    const hash = createHash('sha256')
    for await (const part of await this.stream(name)) hash.update(part)
    return `sha256:${hash.digest('hex')}`
  }
}

async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

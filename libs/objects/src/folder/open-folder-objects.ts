import { createHash } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { FileHandle } from 'node:fs/promises'
import { StreamForgeError } from '@streamforge/contracts'
import { checkMetadata } from '../metadata.ts'
import { checkObjectName, objectNotFound } from '../object-names.ts'
import type { ObjectInfo, ObjectStore } from '../objects.ts'
import {
  createContent, isMissing, readPointer, removeAbandoned, removeContent, removeEmpty, removePointer, walkObjects, writePointer, type Pointer,
} from './object-directory.ts'

export interface FolderObjectsOptions {
  directory: string
  /** Milliseconds since the epoch. */
  now?: () => number
}

/**
 * The object store in a folder. Several processes may use it at once, and any of them may die at any time.
 * @throws StreamForgeError STORE_UNAVAILABLE
 */
export async function openFolderObjects(options: FolderObjectsOptions): Promise<ObjectStore> {
  const root = resolve(options.directory)
  await mkdir(root, { recursive: true }).catch((error: unknown) => {
    throw unavailable(root, error)
  })
  return new FolderObjects(root, options.now ?? Date.now)
}

class FolderObjects implements ObjectStore {
  readonly kind = 'embedded'
  readonly #root: string
  readonly #now: () => number

  constructor(root: string, now: () => number) {
    this.#root = root
    this.#now = now
  }

  async put(name: string, content: Uint8Array | AsyncIterable<Uint8Array>, metadata: Readonly<Record<string, string>> = {}): Promise<ObjectInfo> {
    const directory = this.#directory(name)
    checkMetadata(metadata)
    const { file, handle } = await createContent(directory).catch((error: unknown) => {
      throw unavailable(this.#root, error)
    })
    try {
      const { size, checksum } = await writeContent(handle, content)
      const before = await readPointer(directory)
      const pointer: Pointer = { content: file, size, checksum, modifiedAt: this.#now(), metadata: { ...metadata } }
      await writePointer(directory, pointer)
      if (before) await removeContent(directory, before.content)
      await removeAbandoned(directory, file, this.#now())
      return describe(name, pointer)
    } catch (error) {
      await removeContent(directory, file)
      await removeEmpty(this.#root, directory)
      throw error
    }
  }

  async get(name: string): Promise<Buffer> {
    return this.#read(name, (path) => readFile(path))
  }

  async stream(name: string): Promise<AsyncIterable<Uint8Array>> {
    // Open from here on: a later put or delete does not touch what is being read.
    const handle = await this.#read(name, (path) => open(path))
    return handle.createReadStream()
  }

  async stat(name: string): Promise<ObjectInfo | undefined> {
    const pointer = await readPointer(this.#directory(name))
    return pointer && describe(name, pointer)
  }

  async* list(prefix = ''): AsyncGenerator<ObjectInfo> {
    for await (const { name, pointer } of walkObjects(this.#root, prefix)) yield describe(name, pointer)
  }

  async delete(name: string): Promise<void> {
    const directory = this.#directory(name)
    const pointer = await readPointer(directory)
    if (pointer) {
      await removePointer(directory)
      await removeContent(directory, pointer.content)
    }
    await removeAbandoned(directory, undefined, this.#now())
    await removeEmpty(this.#root, directory)
  }

  async close(): Promise<void> {
    // Nothing is held open between calls.
  }

  /** A version that was replaced between reading its pointer and opening it is gone: the pointer names the next one by then. */
  async #read<T>(name: string, work: (path: string) => Promise<T>): Promise<T> {
    const directory = this.#directory(name)
    let content: string | undefined
    for (;;) {
      const pointer = await readPointer(directory)
      // The same version missing twice was not replaced: its content is lost.
      if (!pointer || pointer.content === content) throw objectNotFound(name)
      content = pointer.content
      try {
        return await work(join(directory, content))
      } catch (error) {
        if (!isMissing(error)) throw unavailable(this.#root, error)
      }
    }
  }

  #directory(name: string): string {
    checkObjectName(name)
    return join(this.#root, ...name.split('/'))
  }
}

async function writeContent(handle: FileHandle, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ size: number; checksum: string }> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const part of content instanceof Uint8Array ? [content] : content) {
      hash.update(part)
      size += part.byteLength
      await handle.writeFile(part)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { size, checksum: `sha256:${hash.digest('hex')}` }
}

const describe = (name: string, { size, checksum, modifiedAt, metadata }: Pointer): ObjectInfo => ({ name, size, checksum, modifiedAt, metadata })

function unavailable(root: string, cause: unknown): StreamForgeError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new StreamForgeError('STORE_UNAVAILABLE', `the objects in ${root} cannot be used: ${reason}`, { cause, remedy: 'check free space and permissions' })
}

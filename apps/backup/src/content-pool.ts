import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { type BackupContent, StreamForgeError } from '@streamforge/contracts'
import type { ObjectStore } from '@streamforge/objects'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** Characters of one piece. A collection that only grows behind its last key keeps all its pieces but the last: those are stored once, not in every backup. */
const pieceLength = 8 * 1024 * 1024

/** Takes what a backup consists of. */
export interface ContentSink {
  /** In pieces. */
  addLines(lines: AsyncIterable<string>): Promise<BackupContent[]>
  /** @throws StreamForgeError BACKUP_DAMAGED when an object's bytes are not those of its checksum */
  addBytes(sha256: string, bytes: number, open: () => Promise<AsyncIterable<Uint8Array>>): Promise<BackupContent>
}

/** What backups are made of, each piece named by its own SHA-256: what is there already is not sent again. */
export interface ContentPool extends ContentSink {
  /** The lines of a piece. @throws StreamForgeError BACKUP_DAMAGED */
  readLines(content: BackupContent): Promise<string[]>
  /** The bytes of an object; the error, if any, comes at their end. @throws StreamForgeError BACKUP_DAMAGED */
  readBytes(content: BackupContent): Promise<AsyncIterable<Uint8Array>>
}

export const contentName = ({ sha256, rows }: Pick<BackupContent, 'sha256' | 'rows'>) => `content/${sha256.slice(0, 2)}/${sha256}${rows === undefined ? '' : '.jsonl.gz'}`

export function openContentPool(vault: ObjectStore): ContentPool {
  const keep = async ({ text, content }: Piece): Promise<void> => {
    if (!await vault.stat(contentName(content))) await vault.put(contentName(content), await pack(text))
  }
  return {
    async addLines(lines) {
      const contents: BackupContent[] = []
      for await (const piece of inPieces(lines)) {
        await keep(piece)
        contents.push(piece.content)
      }
      return contents
    },
    async addBytes(sha256, bytes, open) {
      const content = { sha256, bytes }
      const name = contentName(content)
      if (await vault.stat(name)) return content
      const { checksum } = await vault.put(name, await open())
      if (checksum === `sha256:${sha256}`) return content
      await vault.delete(name)
      throw damaged(`an object's bytes are not those of its checksum ${sha256}`)
    },
    async readLines(content) {
      const text = await unpack(await vault.get(contentName(content)).catch(missing(content))).catch((error: unknown) => {
        throw error instanceof StreamForgeError ? error : damaged(`${contentName(content)} cannot be unpacked`, error)
      })
      check(content, createHash('sha256').update(text).digest('hex'), text.byteLength)
      return text.toString().split('\n').slice(0, -1)
    },
    async readBytes(content) {
      const stream = await vault.stream(contentName(content)).catch(missing(content))
      return checked(content, stream)
    },
  }
}

/** Keeps nothing: what a backup of the same would consist of. Objects' bytes are read, not believed. */
export const hashingSink: ContentSink = {
  async addLines(lines) {
    const contents: BackupContent[] = []
    for await (const { content } of inPieces(lines)) contents.push(content)
    return contents
  },
  async addBytes(sha256, bytes, open) {
    for await (const part of checked({ sha256, bytes }, await open())) void part
    return { sha256, bytes }
  },
}

interface Piece {
  text: Buffer
  content: BackupContent
}

/** Where a piece ends follows from the lines alone, so that the same lines give the same pieces. */
async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<Piece> {
  let piece: string[] = []
  let length = 0
  for await (const line of lines) {
    piece.push(line)
    length += line.length + 1
    if (length < pieceLength) continue
    yield pieceOf(piece)
    piece = []
    length = 0
  }
  if (piece.length > 0) yield pieceOf(piece)
}

function pieceOf(lines: readonly string[]): Piece {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  return { text, content: { sha256: createHash('sha256').update(text).digest('hex'), bytes: text.byteLength, rows: lines.length } }
}

async function* checked(content: BackupContent, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const part of stream) {
    hash.update(part)
    bytes += part.byteLength
    yield part
  }
  check(content, hash.digest('hex'), bytes)
}

function check(content: BackupContent, sha256: string, bytes: number): void {
  if (sha256 !== content.sha256 || bytes !== content.bytes) throw damaged(`${contentName(content)} has ${bytes} bytes of SHA-256 ${sha256}, expected ${content.bytes} of ${content.sha256}`)
}

const missing = (content: BackupContent) => (error: unknown): never => {
  if (error instanceof StreamForgeError && error.code === 'OBJECT_NOT_FOUND') throw damaged(`${contentName(content)} is missing`, error)
  throw error
}

export const damaged = (what: string, cause?: unknown) => new StreamForgeError('BACKUP_DAMAGED', what, { cause, remedy: 'restore an older backup, and take a new one' })

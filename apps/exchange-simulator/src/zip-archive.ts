import { Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'

/** 1980-01-01, the first day that a zip can name: the same content gives the same bytes. */
const dosDate = 0x21

/** A zip of one deflated file, made piece by piece so that only the packed bytes are ever held. */
export async function zipArchive(name: string, content: AsyncIterable<Buffer>): Promise<Buffer> {
  let sum = 0
  let size = 0
  async function* counted() {
    for await (const piece of content) {
      sum = crc32(piece, sum)
      size += piece.length
      yield piece
    }
  }
  const packed: Buffer[] = []
  // Level 1: files are made on demand, and the receiver is on the same machine.
  for await (const piece of Readable.from(counted()).compose(createDeflateRaw({ level: 1 }))) packed.push(piece as Buffer)
  const packedSize = packed.reduce((total, piece) => total + piece.length, 0)
  const facts = { name: Buffer.from(name), sum, size, packedSize }
  const local = localHeader(facts)
  const directory = directoryEntry(facts)
  return Buffer.concat([local, ...packed, directory, endOfDirectory(directory.length, local.length + packedSize)])
}

interface Facts {
  readonly name: Buffer
  readonly sum: number
  readonly size: number
  readonly packedSize: number
}

/** Version 2.0, no flags, deflate, date, checksum, sizes, lengths of name and extra: the part that both headers share. */
function writeFacts(header: Buffer, at: number, { name, sum, size, packedSize }: Facts): void {
  header.writeUInt16LE(20, at)
  header.writeUInt16LE(8, at + 4)
  header.writeUInt16LE(dosDate, at + 8)
  header.writeUInt32LE(sum, at + 10)
  header.writeUInt32LE(packedSize, at + 14)
  header.writeUInt32LE(size, at + 18)
  header.writeUInt16LE(name.length, at + 22)
}

function localHeader(facts: Facts): Buffer {
  const header = Buffer.alloc(30)
  header.writeUInt32LE(0x04034b50, 0)
  writeFacts(header, 4, facts)
  return Buffer.concat([header, facts.name])
}

function directoryEntry(facts: Facts): Buffer {
  const header = Buffer.alloc(46)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(20, 4)
  writeFacts(header, 6, facts)
  return Buffer.concat([header, facts.name])
}

function endOfDirectory(directorySize: number, directoryOffset: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(directorySize, 12)
  end.writeUInt32LE(directoryOffset, 16)
  return end
}

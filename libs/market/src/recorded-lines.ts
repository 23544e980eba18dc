import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { StreamForgeError } from '@streamforge/contracts'

const LINE_FEED = 10
const PIECE_BYTES = 256 * 1024
/** No line of a market file is near this; without a bound, a file that is something else would be read whole. */
const LONGEST_LINE = 64 * 1024

/**
 * A file in pieces of whole lines, unpacked when its name ends in `.gz`. Only one piece is held at a time, so reading costs the
 * same memory whatever the file's size. The last piece may lack its final line feed.
 * @throws StreamForgeError BAD_DATA_FILE
 */
export async function* wholeLines(file: string): AsyncGenerator<Buffer> {
  const raw = createReadStream(file, { highWaterMark: PIECE_BYTES })
  const unpacked = file.endsWith('.gz') ? raw.compose(createGunzip({ chunkSize: PIECE_BYTES })) : raw
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const piece of unpacked as AsyncIterable<Buffer>) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, piece]) : piece
      const end = bytes.lastIndexOf(LINE_FEED) + 1
      if (end > 0) yield bytes.subarray(0, end)
      rest = Buffer.from(bytes.subarray(end))
      if (rest.length > LONGEST_LINE) throw new Error(`a line is longer than ${LONGEST_LINE} bytes`)
    }
  } catch (cause) {
    if (cause instanceof StreamForgeError) throw cause
    throw new StreamForgeError('BAD_DATA_FILE', `${file} cannot be read: ${(cause as Error).message}`, {
      cause, remedy: 'check the path and that the file is whole',
    })
  } finally {
    raw.destroy()
  }
  if (rest.length > 0) yield rest
}

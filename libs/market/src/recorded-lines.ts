import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
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
  // Whoever reads is told of errors; the callback keeps those that come when nobody reads any more from ending the process.
  const unpacked = file.endsWith('.gz') ? pipeline(raw, createGunzip({ chunkSize: PIECE_BYTES }), () => undefined) : raw
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
    unpacked.destroy()
    raw.destroy()
  }
  if (rest.length > 0) yield rest
}

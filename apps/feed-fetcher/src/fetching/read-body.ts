import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { StreamForgeError } from '@streamforge/contracts'

const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress } as const

/**
 * Reads an answer's body, decompressed, never more than `maxBytes` of it.
 * @throws StreamForgeError FEED_TOO_LARGE (nothing more is read), FEED_CUT_SHORT, FEED_BAD_ANSWER for an encoding that nobody asked for
 */
export async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of decoded(response)) {
      size += (chunk as Buffer).length
      if (size > maxBytes) throw tooLarge(maxBytes)
      chunks.push(chunk as Buffer)
    }
  } catch (error) {
    if (error instanceof StreamForgeError) throw error
    throw new StreamForgeError('FEED_CUT_SHORT', `the answer broke off after ${size} bytes`, { cause: error })
  }
  if (!response.complete) throw new StreamForgeError('FEED_CUT_SHORT', `the answer broke off after ${size} bytes`)
  return Buffer.concat(chunks)
}

function decoded(response: IncomingMessage): Readable {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity') return response
  if (!Object.hasOwn(decoders, encoding)) throw new StreamForgeError('FEED_BAD_ANSWER', 'the answer is encoded in a way that was not asked for')
  const decoder = decoders[encoding as keyof typeof decoders]()
  response.once('error', (error) => decoder.destroy(error))
  response.once('close', () => {
    if (!response.complete) decoder.destroy(new Error('closed'))
  })
  decoder.once('close', () => response.destroy())
  return response.pipe(decoder)
}

const tooLarge = (maxBytes: number) => new StreamForgeError('FEED_TOO_LARGE', `the answer is larger than ${maxBytes} bytes`)

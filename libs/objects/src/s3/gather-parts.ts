/** The same bytes in parts of `size`, the last one shorter, at least one; no more than one part is held. */
export async function* gatherParts(content: Uint8Array | AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let gathered: Uint8Array[] = []
  let length = 0
  let any = false
  for await (const given of content instanceof Uint8Array ? [content] : content) {
    for (let at = 0; at < given.byteLength;) {
      const piece = given.subarray(at, at + size - length)
      gathered.push(piece)
      length += piece.byteLength
      at += piece.byteLength
      if (length < size) break
      any = true
      yield whole(gathered)
      gathered = []
      length = 0
    }
  }
  if (length > 0 || !any) yield whole(gathered)
}

const whole = (pieces: readonly Uint8Array[]) =>
  pieces.length === 1 ? Buffer.from(pieces[0]!.buffer, pieces[0]!.byteOffset, pieces[0]!.byteLength) : Buffer.concat(pieces)

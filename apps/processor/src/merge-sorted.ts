const batchSize = 1_000

/** Merges sorted streams of batches into one; of equals the earlier stream's comes first. Holds one batch of each. */
export async function* mergeSorted<T>(streams: readonly AsyncIterable<readonly T[]>[], isBefore: (a: T, b: T) => boolean): AsyncGenerator<readonly T[]> {
  if (streams.length === 1) return yield* streams[0]!
  const cursors = streams.map((stream) => ({ batches: stream[Symbol.asyncIterator](), batch: [] as readonly T[], at: 0, ended: false }))
  try {
    let out: T[] = []
    for (;;) {
      for (const cursor of cursors) {
        while (!cursor.ended && cursor.at >= cursor.batch.length) {
          const { done, value } = await cursor.batches.next()
          if (done) cursor.ended = true
          else Object.assign(cursor, { batch: value, at: 0 })
        }
      }
      const left = cursors.filter((cursor) => !cursor.ended)
      if (left.length === 0) break
      // Until one of them runs dry.
      while (left.every((cursor) => cursor.at < cursor.batch.length)) {
        let first = left[0]!
        for (const cursor of left) if (isBefore(cursor.batch[cursor.at]!, first.batch[first.at]!)) first = cursor
        out.push(first.batch[first.at++]!)
        if (out.length < batchSize) continue
        yield out
        out = []
      }
    }
    if (out.length > 0) yield out
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.batches.return?.()))
  }
}

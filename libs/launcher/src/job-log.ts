import { copyFile, open, stat, truncate } from 'node:fs/promises'

/**
 * Moves the output so far to `<path>.1` when it has grown beyond the limit. The job goes on writing to the same file, which
 * it has open for appending; the few lines that it writes in the instant between the copy and the cut are lost.
 */
export async function rotateLog(path: string, maxBytes: number): Promise<void> {
  const size = await stat(path).then((s) => s.size, () => 0)
  if (size <= maxBytes) return
  await copyFile(path, `${path}.1`)
  await truncate(path, 0)
}

const tailBytes = 64 * 1024

/** The last lines of a file, as far as they lie in its last 64 KiB; none when there is no such file. */
export async function tailLog(path: string, lines: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return []
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - tailBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, tailBytes)), { position: start })
    const all = buffer.toString('utf8', 0, bytesRead).split('\n')
    if (all.at(-1) === '') all.pop()
    if (start > 0) all.shift()
    return all.slice(-lines)
  } finally {
    await file.close()
  }
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { cachedFolder } from '../server-cache.ts'
import { runToEnd } from '../run-to-end.ts'
import { showPreparation } from './show-preparation.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'show-preparation-'))
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(root, { recursive: true })
})

/** Ten seconds of the clock, and what the look at the folder takes of real time. */
async function tenSeconds(lines: readonly string[]): Promise<void> {
  const before = lines.length
  await vi.advanceTimersByTimeAsync(10_000)
  while (lines.length === before) await new Promise((resolve) => setImmediate(resolve))
}

it('says what is prepared, how it goes, and that it is done', async () => {
  const lines: string[] = []
  const shown = showPreparation((line) => lines.push(line))
  await cachedFolder('minio-1', async (folder) => {
    await runToEnd(process.execPath, ['-e', 'console.log("a\\nb\\nc")'])
    await writeFile(join(folder, 'program'), Buffer.alloc(5_000_000))
    await tenSeconds(lines)
    await tenSeconds(lines)
  }, root)
  shown.stop()
  expect(lines).toEqual([
    expect.stringMatching(/^minio-1 is not in the cache yet/),
    expect.stringMatching(/^minio-1: \d+ s, 3 parts, 5\.0 MB \(0\.5 MB a second\)$/),
    expect.stringMatching(/^minio-1: \d+ s, 3 parts, 5\.0 MB \(0\.0 MB a second\)$/),
    expect.stringMatching(/^minio-1 is ready in the cache, after \d+ s$/),
  ])
  expect(shown.seconds()).toBeGreaterThan(0)
})

it('says nothing of what is in the cache, nor after it was stopped', async () => {
  await cachedFolder('kafka-1', async () => {}, root)
  const lines: string[] = []
  const shown = showPreparation((line) => lines.push(line))
  await cachedFolder('kafka-1', async () => {}, root)
  shown.stop()
  await cachedFolder('kafka-2', async () => {}, root)
  expect(lines).toEqual([])
})

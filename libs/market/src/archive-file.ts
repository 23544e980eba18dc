import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamForgeError } from '@streamforge/contracts'
import { Unzip, UnzipInflate } from 'fflate'
import type { VenueHttp } from './http.ts'
import { badResponse } from './page.ts'
import type { VenueLog } from './venue.ts'

const DOWNLOADS = 3
const CHUNK_BYTES = 64 * 1024

export interface DownloadedFile {
  path: string
  discard(): Promise<void>
}

/**
 * Downloads a file beside its `.CHECKSUM` (SHA-256 in hex, then the name) into a temporary folder, so that memory stays flat
 * whatever the size, and hands it out only when the sum is right. Undefined: not published.
 * @throws StreamForgeError ARCHIVE_CHECKSUM, VENUE_UNREACHABLE
 */
export async function downloadVerified(http: VenueHttp, path: string, log?: VenueLog): Promise<DownloadedFile | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-archive-'))
  const discard = () => rm(directory, { recursive: true, force: true })
  const target = join(directory, 'archive.zip')
  try {
    for (let tries = 1; ; tries++) {
      const expected = (await http.getText(`${path}.CHECKSUM`))?.trim().split(/\s+/, 1)[0]?.toLowerCase()
      const actual = expected === undefined ? undefined : await downloadHashing(http, path, target)
      if (actual === undefined) {
        await discard()
        return undefined
      }
      if (actual === expected) return { path: target, discard }
      log?.warn({ path, tries, expected, actual }, 'archive file does not match its checksum')
      if (tries === DOWNLOADS) {
        throw new StreamForgeError('ARCHIVE_CHECKSUM', `${path} has SHA-256 ${actual}, its .CHECKSUM file says ${expected}`, {
          remedy: "load the range with source 'rest'",
        })
      }
    }
  } catch (error) {
    await discard()
    throw error
  }
}

async function downloadHashing(http: VenueHttp, path: string, target: string): Promise<string | undefined> {
  let sum: string | undefined
  const found = await http.download(path, async (chunks) => {
    const hash = createHash('sha256')
    await using file = await open(target, 'w')
    for await (const chunk of chunks) {
      hash.update(chunk)
      await file.write(chunk)
    }
    sum = hash.digest('hex')
  })
  return found ? sum : undefined
}

/** The lines of the one file in a zip, in blocks of many, unzipped as they are asked for. A header line is left out. */
export async function* zippedLines(zipPath: string): AsyncGenerator<string[]> {
  const decoder = new TextDecoder()
  let rest = ''
  let first = true
  for await (const bytes of unzipped(zipPath)) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()!
    if (first && lines.length > 0) {
      first = false
      if (!/^\d/.test(lines[0]!)) lines.shift()
    }
    if (lines.length > 0) yield lines
  }
  if (rest !== '') yield [rest]
}

async function* unzipped(zipPath: string): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = []
  let files = 0
  let ended = false
  const unzip = new Unzip((entry) => {
    files++
    entry.ondata = (error, data, final) => {
      if (error) throw badResponse(`cannot unzip: ${error.message}`, error)
      if (data.length > 0) ready.push(data)
      if (final) ended = true
    }
    if (files === 1) entry.start()
  })
  unzip.register(UnzipInflate)
  for await (const chunk of createReadStream(zipPath, { highWaterMark: CHUNK_BYTES })) {
    unzip.push(chunk as Uint8Array, false)
    const out = ready
    ready = []
    yield* out
  }
  unzip.push(new Uint8Array(0), true)
  yield* ready
  if (!ended) throw badResponse('the zip file ends in the middle of its entry')
}

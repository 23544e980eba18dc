import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BookDiff, BookSnapshot } from '@streamforge/contracts'
import { LiveBook, readRecordedBook, recordedBookFile, recordedBooks, type RecordedBook } from '@streamforge/market'
import { installBookPeer, measureBookPeer } from './book-peer.ts'
import type { BenchmarkResult, BenchmarkRow } from './row.ts'

const REPEATS = 5
const TARGET = '1,000,000 level updates/s on one core'

export interface BookBenchOptions {
  /** Folder with the recorded data. */
  readonly dataDirectory?: string
}

interface Updates {
  readonly snapshot: BookSnapshot
  readonly diffs: readonly BookDiff[]
  readonly count: number
}

/**
 * Level updates a second that a live book takes (ids checked, decimal text read, applied, checked for crossing) beside those of
 * cryptofeed's order_book, which checks no ids, on the same recorded updates in the same run, a few rows for each recording.
 */
export async function benchBook(options: BookBenchOptions = {}): Promise<BenchmarkResult> {
  const dataDirectory = options.dataDirectory ?? process.env['STREAMFORGE_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')
  const present = recordedBooks.filter((book) => existsSync(recordedBookFile(dataDirectory, book)))
  if (present.length === 0) {
    return [{ benchmark: 'order book', skipped: `no recorded frames below ${dataDirectory}; set STREAMFORGE_DATA` }]
  }
  const noPeer = await installBookPeer().then(() => undefined, reasonOf)
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-bench-book-'))
  try {
    const results: BenchmarkResult = []
    for (const book of present) results.push(...await benchRecording(book, dataDirectory, folder, noPeer === undefined))
    return noPeer === undefined ? results : [...results, { benchmark: 'order book, peer', skipped: `order-book from PyPI: ${noPeer}` }]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function benchRecording(book: RecordedBook, dataDirectory: string, folder: string, withPeer: boolean): Promise<BenchmarkRow[]> {
  const updates = readUpdates(recordedBookFile(dataDirectory, book), book)
  const benchmark = `order book, ${book.instrument.market} ${book.instrument.symbol}`
  const ours = measureOurs(book, updates)
  const row = (subject: string, value: number): BenchmarkRow => ({ benchmark, subject, value, unit: 'level updates/s' })
  const mine = { ...row('StreamForge, from text, ids and best checked at each diff', ours.rate), target: TARGET }
  if (!withPeer) return [mine]
  const file = join(folder, `${book.instrument.market}-${book.instrument.symbol}.jsonl`)
  await writeFile(file, [updates.snapshot, ...updates.diffs].map(({ bids, asks }) => JSON.stringify({ bids, asks })).join('\n'))
  const peer = await measureBookPeer(file, REPEATS)
  if (peer.bid !== ours.bid || peer.ask !== ours.ask || peer.updates !== updates.count) {
    throw new Error(`${benchmark}: the books end at ${ours.bid}/${ours.ask} and ${peer.bid}/${peer.ask}; their rates cannot be compared`)
  }
  const baseline = 'cryptofeed order_book, from text'
  return [
    { ...mine, ratio: ours.rate / peer.text, baseline },
    row(baseline, peer.text),
    { ...row('cryptofeed order_book, from text, best read after each diff', peer.read), ratio: peer.read / peer.text, baseline },
    { ...row('cryptofeed order_book, decimals made before', peer.parsed), ratio: peer.parsed / peer.text, baseline },
  ]
}

/** The snapshot, and the diffs that are newer than it. */
function readUpdates(path: string, { instrument }: RecordedBook): Updates {
  const records = [...readRecordedBook(path, instrument)]
  const snapshot = records.find((record) => record.kind === 'book_snapshot')!
  const diffs = records.filter((record) => record.kind === 'book_diff').filter((diff) => diff.final_update_id > snapshot.last_update_id)
  return { snapshot, diffs, count: diffs.reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0) }
}

function measureOurs({ instrument }: RecordedBook, { snapshot, diffs, count }: Updates) {
  const rates: number[] = []
  let live: LiveBook
  // The first runs warm the compiler up and do not count.
  for (let i = -3; i < REPEATS; i++) {
    live = new LiveBook(instrument, { minimumKnownLevels: 0 })
    live.handle({ type: 'connected', now: 0 })
    live.handle({ type: 'time', now: 1000 })
    live.handle({ type: 'snapshot', request: 1, snapshot, now: 1000 })
    const began = performance.now()
    for (const diff of diffs) live.handle({ type: 'diff', diff, now: diff.known_time })
    const seconds = (performance.now() - began) / 1000
    if (!live.valid) throw new Error(`the recorded book of ${instrument.symbol} did not stay valid`)
    if (i >= 0) rates.push(count / seconds)
  }
  const [bid, ask] = [live!.book.bestSeen('bids'), live!.book.bestSeen('asks')]
  return { rate: rates.sort((a, b) => a - b)[REPEATS >> 1]!, bid: Number(bid?.price), ask: Number(ask?.price) }
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message.split('\n')[0]! : String(error))

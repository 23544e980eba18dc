import { parseOpenTimeRange, StreamForgeError, toStreamForgeError, type BookDiff, type BookTicker } from '@streamforge/contracts'
import { LiveBook, type BookSyncInput, type BookSyncOutput, type LiveFrame } from '@streamforge/market'
import { LaneBase } from './lane-base.ts'
import type { LaneOptions } from './lane.ts'

/** Levels a side asked of the venue: all that it gives. */
const REST_DEPTH = 5_000
/** Levels a side of the snapshots made here. With the diffs that follow, any later book can be rebuilt from one. */
const PERIODIC_DEPTH = 1_000
/** Update ids remembered to recognise diffs that come twice (both connections of a renewal bring them). */
const REMEMBERED_IDS = 4_096
/** A book is not resumed at an id: its checkpoint says up to which offset of the topic its records are counted. */
const counted = { position: 'offset', counted: 1 } as const

/**
 * An order book: every diff of the stream and the best bid and offer go to the topic as they come, with the snapshots that the local book
 * was built from, a snapshot of it now and then, and its gaps. The local book is kept beside, to find those gaps.
 */
export class BookLane extends LaneBase {
  private readonly book: LiveBook
  private readonly from: number
  private readonly to: number | undefined
  private readonly seen = new Set<number>()
  /** What an attempt before has left: until a diff shows whether it follows. */
  private before: BookDiff | undefined
  private tickerId = -1
  private snapshotAt = 0
  private snapshotId = -1
  private diffsSinceSnapshot = 0
  private wake: NodeJS.Timeout | undefined

  /** `before`: the newest diff that is on the topic already. */
  constructor(options: LaneOptions, before?: BookDiff) {
    super(options)
    this.before = before
    const { venue, symbol, time_range } = options.assignment
    const range = parseOpenTimeRange(time_range)
    this.from = range.from
    this.to = range.to
    this.book = new LiveBook({ venue, symbol, market: 'spot' })
    this.closing.signal.addEventListener('abort', () => clearTimeout(this.wake), { once: true })
    if (this.to !== undefined && !this.closing.signal.aborted) this.background(this.endInTime(this.to))
  }

  accept(frame: LiveFrame): void {
    if (this.closing.signal.aborted) return
    if (frame.kind === 'book_ticker') this.onTicker(frame.record)
    else if (frame.kind === 'book_diff') this.onDiff(frame.record)
  }

  override connected(renewed: boolean): void {
    super.connected(renewed)
    if (!renewed) this.handle({ type: 'connected', now: this.options.now() })
  }

  override disconnected(reason: string): void {
    super.disconnected(reason)
    this.handle({ type: 'disconnected', now: this.options.now() })
  }

  private onTicker(ticker: BookTicker): void {
    if (ticker.update_id <= this.tickerId || this.isOutside(ticker.event_time)) return
    this.tickerId = ticker.update_id
    this.write(ticker, { receivedAt: ticker.known_time, ...counted })
  }

  private onDiff(diff: BookDiff): void {
    if (this.isOutside(diff.event_time)) return
    if (!this.isKnown(diff.final_update_id)) {
      this.tellOutage(diff)
      this.diffsSinceSnapshot++
      this.write(diff, { receivedAt: diff.known_time, ...counted })
    }
    this.handle({ type: 'diff', diff, now: this.options.now() })
    this.snapshotIfDue()
  }

  /** What a venue told while no attempt listened is gone for good: the topic says so, as of any other gap. */
  private tellOutage(diff: BookDiff): void {
    const { before } = this
    if (!before || diff.final_update_id <= before.final_update_id) return
    this.before = undefined
    if (diff.first_update_id <= before.final_update_id + 1) return
    const { venue, symbol, market, first_update_id: got, event_time: to } = diff
    this.count('gaps in the book')
    this.writeChecked({
      kind: 'book_gap', venue, symbol, market, expected_id: before.final_update_id + 1, got_id: got, from: Math.min(before.event_time, to), to,
      reason: 'reconnect', known_time: this.options.now(),
    }, { receivedAt: undefined, ...counted })
  }

  private isOutside(time: number): boolean {
    if (this.to !== undefined && time >= this.to) this.end()
    return time < this.from || this.closing.signal.aborted
  }

  private isKnown(id: number): boolean {
    if (this.seen.has(id)) return true
    this.seen.add(id)
    if (this.seen.size > REMEMBERED_IDS) this.seen.delete(this.seen.values().next().value!)
    return false
  }

  private handle(input: BookSyncInput): void {
    for (const output of this.book.handle(input)) this.carryOut(output)
    clearTimeout(this.wake)
    const { wakeAt } = this.book
    if (wakeAt === undefined || this.closing.signal.aborted) return
    this.wake = setTimeout(() => this.handle({ type: 'time', now: this.options.now() }), Math.max(1, wakeAt - this.options.now()))
  }

  private carryOut(output: BookSyncOutput): void {
    switch (output.type) {
      case 'request_snapshot': return this.background(this.fetchSnapshot(output.request))
      case 'gap':
        this.count('gaps in the book')
        this.options.log.warn({ reason: output.gap.reason, expected_id: output.gap.expected_id, got_id: output.gap.got_id }, 'the order book has a gap')
        this.notice(`gap in the book (${output.gap.reason}): ${output.gap.expected_id} was expected, ${output.gap.got_id} came`)
        return this.writeChecked(output.gap, { receivedAt: undefined, ...counted })
      case 'load':
        this.writeChecked(output.snapshot, { receivedAt: undefined, ...counted })
        return this.tookSnapshot(output.snapshot.last_update_id)
      case 'synchronised':
        this.count('synchronisations')
        return this.notice(`the book is right at update ${output.updateId}, ${output.afterMs} ms after it was not`)
      case 'apply':
      case 'drop':
      case 'refuse_snapshot': return
      default: output satisfies never
    }
  }

  private async fetchSnapshot(request: number): Promise<void> {
    const { client, assignment: { symbol }, now, log } = this.options
    if (!client.bookSnapshot) throw new StreamForgeError('UNKNOWN_TYPE', `${client.name} gives no order book snapshots`)
    try {
      const snapshot = await client.bookSnapshot({ symbol, depth: REST_DEPTH })
      if (!this.closing.signal.aborted) this.handle({ type: 'snapshot', request, snapshot, now: now() })
    } catch (error) {
      if (!toStreamForgeError(error).retryable) throw error
      log.warn({ err: error, symbol }, 'an order book snapshot could not be had')
      if (!this.closing.signal.aborted) this.handle({ type: 'snapshot_failed', request, now: now() })
    }
  }

  private snapshotIfDue(): void {
    const now = this.options.now()
    const { bookSnapshotMs, bookSnapshotDiffs } = this.pace
    if (now - this.snapshotAt < bookSnapshotMs && this.diffsSinceSnapshot < bookSnapshotDiffs) return
    const snapshot = this.book.snapshot(PERIODIC_DEPTH, now)
    if (!snapshot || snapshot.last_update_id <= this.snapshotId) return
    this.tookSnapshot(snapshot.last_update_id)
    this.writeChecked(snapshot, { receivedAt: undefined, ...counted })
  }

  private tookSnapshot(id: number): void {
    this.snapshotAt = this.options.now()
    this.snapshotId = id
    this.diffsSinceSnapshot = 0
  }

  private async endInTime(to: number): Promise<void> {
    while (this.options.now() < to) await this.sleep(Math.min(60_000, Math.max(10, to - this.options.now())))
    this.end()
  }
}

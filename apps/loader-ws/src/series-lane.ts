import { parseOpenTimeRange, type Candle, type Trade } from '@streamforge/contracts'
import { Sequence, type LiveFrame } from '@streamforge/market'
import type { WorkerResult } from '@streamforge/service'
import { LaneBase } from './lane-base.ts'
import { gapOf, type LaneOptions } from './lane.ts'
import type { Series } from './series.ts'

/** After the end of a range, records are waited for so long before REST is asked for the last ones. */
const END_GRACE_MS = 5_000

/**
 * Trades or closed candles: in order, without a hole. What the stream skips is fetched over REST before the lane goes on; what REST does
 * not have either, asked again and again, becomes a gap.
 */
export class SeriesLane<T extends Trade | Candle> extends LaneBase {
  private readonly series: Series<T>
  private readonly sequence: Sequence<T>
  private readonly from: number
  private readonly to: number | undefined
  private refilling = false
  private refillWork: Promise<void> = Promise.resolve()
  /** Aborts when the queue stops: from then on nothing of the stream is taken, but holes are filled yet. */
  private readonly ending = new AbortController()
  /** A hole was left: the checkpoint stays before it, so that a retry fills it. */
  private leftHole = false
  private newest: T | undefined
  private newestGap: { from: number; missing: number } | undefined
  private heardAt: number
  /** Receipt of the frame at hand; a record that was held or fetched has none. */
  private receivedAt: number | undefined
  private openCandleAt = -Infinity

  constructor(options: LaneOptions, series: Series<T>) {
    super(options)
    this.series = series
    const range = parseOpenTimeRange(options.assignment.time_range)
    this.from = range.from
    this.to = range.to
    this.heardAt = options.now()
    const saved = options.assignment.checkpoint.find(({ shard }) => shard === 0)
    this.sequence = new Sequence<T>({
      place: series.place, after: series.after, heldLimit: this.pace.heldLimit, emit: (record) => this.emit(record),
    }, saved && saved.position > 0 ? saved.position : undefined)
    if (!this.closing.signal.aborted) this.background(this.watchQuiet())
  }

  accept(frame: LiveFrame): void {
    if (this.closing.signal.aborted || this.ending.signal.aborted) return
    this.heardAt = this.options.now()
    if (frame.kind === 'last_trade') {
      this.sequence.expect(frame.tradeId + 1)
      return this.refillIfNeeded()
    }
    if (frame.kind !== 'trade' && frame.kind !== 'candle') return
    if (frame.kind === 'candle' && !frame.closed) return this.showOpen(frame.record)
    const record = frame.record as T
    if (this.sequence.next === undefined && this.timeOf(record) < this.from) return this.notice('before the start of the range')
    this.receivedAt = record.known_time
    this.sequence.accept(record)
    this.receivedAt = undefined
    this.refillIfNeeded()
  }

  override connected(renewed: boolean): void {
    super.connected(renewed)
    // What the outage took is asked for at once, not only when the next record shows the hole.
    if (!renewed) this.background(this.lookForMissed())
  }

  /** A queue that is stopped gets its holes filled first, within `lastRefillMs`; one that somebody goes on with leaves them to the next attempt. */
  override async finish(end: boolean): Promise<WorkerResult> {
    this.ending.abort()
    if (end && !this.closing.signal.aborted && this.sequence.hole()) await this.lastRefill()
    return super.finish(end)
  }

  private async lastRefill(): Promise<void> {
    this.refillIfNeeded()
    const refilled = new AbortController()
    const deadline = this.options.sleep(this.pace.lastRefillMs, AbortSignal.any([this.closing.signal, refilled.signal])).catch(() => undefined)
    await Promise.race([this.refillWork, deadline])
    refilled.abort()
    this.leaveHoles()
  }

  /** Nobody was there to ask any more: the certificate names these holes, and what follows them is kept. */
  private leaveHoles(): void {
    for (let hole = this.sequence.hole(); hole; hole = this.sequence.hole()) {
      const gap = this.series.gap(hole.from, hole.to, this.newest, this.sequence.firstHeld())
      // A gap of its own, should the venue's hole before it begin at the same instant.
      const from = this.newestGap?.from === gap.from ? gap.from + 1 : gap.from
      this.count('places not filled at the stop', gap.missing)
      this.options.log.warn({ ...gap }, 'a hole could not be filled before the stop')
      this.writeChecked({ ...gapOf(this.assignment, { ...gap, from, to: Math.max(gap.to, from + 1) }, this.options.now()), cause: 'unconfirmed' }, { receivedAt: undefined, position: undefined, counted: 0 })
      this.leftHole = true
      this.sequence.skipTo(hole.to)
    }
  }

  private emit(record: T): void {
    if (this.to !== undefined && this.timeOf(record) >= this.to) return this.end()
    if (this.closing.signal.aborted) return
    this.firstPlace ??= this.series.place(record)
    this.newest = record
    if (record.backfilled) this.count('refilled')
    this.write(record, { receivedAt: this.receivedAt, position: this.leftHole ? undefined : this.series.after(record), counted: 1 })
  }

  /** What decides whether a record lies in the range: a trade's time, a candle's opening. */
  private timeOf(record: T): number {
    return record.kind === 'trade' ? record.event_time : record.open_time
  }

  private showOpen(candle: Candle): void {
    // Where one is open, all before it are closed: a lost closing is missed now, not at the next closing.
    this.sequence.expect(candle.open_time)
    this.refillIfNeeded()
    const now = this.options.now()
    if (now - this.openCandleAt < this.pace.openCandleMs) return
    this.openCandleAt = now
    this.write({ ...candle, kind: 'candle_open' }, { receivedAt: candle.known_time, position: undefined, counted: 0 })
  }

  private refillIfNeeded(): void {
    if (this.refilling || !this.sequence.hole()) return
    this.refilling = true
    this.refillWork = this.refill().catch((error: unknown) => {
      if (!this.ending.signal.aborted) throw error
      this.options.log.warn({ err: error }, 'a hole could not be filled before the stop')
    }).finally(() => { this.refilling = false })
    this.background(this.refillWork)
  }

  private async refill(): Promise<void> {
    await this.waitForLateOnes()
    const before = this.sequence.next
    for (let hole = this.sequence.hole(); hole; hole = this.sequence.hole()) {
      this.closing.signal.throwIfAborted()
      await this.waitForRoom()
      await this.refillPage(hole.from, hole.to)
    }
    const { next, letGo } = this.sequence
    this.options.log.info({ from: before, to: next, let_go: letGo }, 'a hole in the stream was refilled over REST')
    this.notice(`refilled from ${before} to before ${next}`)
  }

  private async waitForLateOnes(): Promise<void> {
    const { ending, closing } = this
    await this.options.sleep(this.pace.reorderMs, AbortSignal.any([closing.signal, ending.signal])).catch((error: unknown) => {
      if (closing.signal.aborted || !ending.signal.aborted) throw error
    })
  }

  /** One page, asked for again while something is missing in it: REST may be a little behind the stream. */
  private async refillPage(from: number, to: number): Promise<void> {
    let page = await this.series.readPage(from, to)
    for (const pause of this.pace.askAgainMs) {
      if (this.isWhole(page.records, from, page.to)) break
      await this.sleep(pause)
      page = await this.series.readPage(from, to)
    }
    this.closing.signal.throwIfAborted()
    for (const record of page.records) {
      this.closeHolesBefore(this.series.place(record), record)
      this.sequence.accept(record)
    }
    this.closeHolesBefore(page.to, undefined)
  }

  private isWhole(records: readonly T[], from: number, to: number): boolean {
    let expected = from
    for (const record of records) {
      if (this.series.place(record) !== expected) return false
      expected = this.series.after(record)
    }
    return expected >= to
  }

  /** Nobody has what is missing before `place`: it is published as a gap, and the sequence goes on behind it. */
  private closeHolesBefore(place: number, behind: T | undefined): void {
    for (let hole = this.sequence.hole(); hole && hole.from < place; hole = this.sequence.hole()) {
      const to = Math.min(hole.to, place)
      const around = to === place ? behind ?? this.sequence.firstHeld() : this.sequence.firstHeld()
      const gap = this.series.gap(hole.from, to, this.newest, around)
      // Gaps after the same instant share their key: the later record then speaks for all.
      const missing = gap.missing + (this.newestGap?.from === gap.from ? this.newestGap.missing : 0)
      this.newestGap = { from: gap.from, missing }
      this.count('places that the venue does not have', gap.missing)
      this.options.log.warn({ ...gap }, 'the venue has a hole here')
      this.writeChecked(gapOf(this.assignment, { ...gap, missing }, this.options.now()), { receivedAt: undefined, position: to, counted: 0 })
      this.sequence.skipTo(to)
    }
  }

  /** A stream that says nothing may be dead: REST tells. Also ends a range whose end has passed. */
  private async watchQuiet(): Promise<void> {
    for (;;) {
      const { now } = this.options
      const toEnd = this.to === undefined ? Infinity : this.to + END_GRACE_MS - now()
      const { quietMs } = this.pace
      await this.sleep(Math.max(10, Math.min(quietMs, toEnd, this.heardAt + quietMs - now() + 10)))
      if (this.to !== undefined && now() >= this.to + END_GRACE_MS) {
        await this.lookForMissed()
        while (this.refilling) await this.sleep(10)
        return this.end()
      }
      if (now() - this.heardAt < quietMs) continue
      this.heardAt = now()
      await this.lookForMissed()
    }
  }

  private async lookForMissed(): Promise<void> {
    const { next } = this.sequence
    if (next === undefined || this.closing.signal.aborted) return
    const end = await this.series.endNow(next)
    if (end === undefined || this.closing.signal.aborted) return
    this.sequence.expect(end)
    this.refillIfNeeded()
  }
}

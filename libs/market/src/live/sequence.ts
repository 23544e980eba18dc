export interface SequenceOptions<T> {
  /** A record's place: a trade's id, a candle's open time. */
  place: (record: T) => number
  /** The place that must follow. */
  after: (record: T) => number
  /** Gets every record once, in order and without a hole. */
  emit: (record: T) => void
  /** Records held behind a hole at most. Past it they are let go: they too are then part of the hole, to be fetched. */
  heldLimit: number
}

/** Places from `from` to before `to` whose records have not come. */
export interface MissingPlaces {
  from: number
  to: number
}

/** Puts records in order, leaves out what comes twice, holds what lies behind a hole, and tells the hole. Pure but for `emit`. */
export class Sequence<T> {
  /** The place of the next record to emit; undefined before the first. */
  next: number | undefined
  duplicates = 0
  /** Records that did not fit while waiting for a hole to be filled. */
  letGo = 0
  private held: T[] = []
  /** Everything before this place exists at the venue, as far as was seen. */
  private end = 0
  private readonly options: SequenceOptions<T>

  constructor(options: SequenceOptions<T>, next?: number) {
    this.options = options
    this.next = next
  }

  get heldCount(): number {
    return this.held.length
  }

  accept(record: T): void {
    const place = this.options.place(record)
    this.next ??= place
    if (place === this.next) {
      this.next = this.options.after(record)
      this.options.emit(record)
      if (this.held.length > 0) this.release()
    } else if (place < this.next) this.duplicates++
    else this.hold(record, place)
  }

  /** The first hole; undefined when there is none. */
  hole(): MissingPlaces | undefined {
    if (this.next === undefined) return undefined
    const to = this.held.length > 0 ? this.options.place(this.held[0]!) : this.end
    return to > this.next ? { from: this.next, to } : undefined
  }

  /** The venue has records at all places before this one. */
  expect(end: number): void {
    if (this.next !== undefined) this.end = Math.max(this.end, end)
  }

  /** The first record held behind the hole. */
  firstHeld(): T | undefined {
    return this.held[0]
  }

  /** Nothing will come before this place any more. */
  skipTo(place: number): void {
    if (this.next === undefined || place <= this.next) return
    this.next = place
    this.release()
  }

  private hold(record: T, place: number): void {
    const { held, options } = this
    this.end = Math.max(this.end, options.after(record))
    let at = held.length
    while (at > 0 && options.place(held[at - 1]!) > place) at--
    if (at > 0 && options.place(held[at - 1]!) === place) {
      this.duplicates++
      return
    }
    if (held.length >= options.heldLimit) {
      this.letGo += held.length + 1
      this.held = []
      return
    }
    if (at === held.length) held.push(record)
    else held.splice(at, 0, record)
  }

  private release(): void {
    const { held, options } = this
    let used = 0
    for (; used < held.length; used++) {
      const record = held[used]!
      const place = options.place(record)
      if (place > this.next!) break
      if (place < this.next!) continue
      this.next = options.after(record)
      options.emit(record)
    }
    if (used > 0) held.splice(0, used)
  }
}

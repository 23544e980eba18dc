interface Range { from: number; to: number }

/** So many holes are remembered; beyond, the oldest ones count as filled. */
const mostRanges = 10_000

/** Which ids have been seen. Trades come nearly in order, so this is one range, and a few where some are missing. */
export class IdRanges {
  private readonly ranges: Range[] = []

  /** False when it had been added before. */
  add(id: number): boolean {
    const last = this.ranges.at(-1)
    if (last && id === last.to) {
      last.to++
      return true
    }
    const at = this.firstEndingFrom(id)
    const behind = this.ranges[at]
    if (behind && behind.from <= id && id < behind.to) return false
    if (behind && behind.to === id) return this.extend(at, id)
    if (behind && behind.from === id + 1) behind.from = id
    else this.ranges.splice(at, 0, { from: id, to: id + 1 })
    if (this.ranges.length > mostRanges) {
      const [oldest] = this.ranges.splice(0, 1)
      this.ranges[0]!.from = oldest!.from
    }
    return true
  }

  /** First id of the unbroken run that holds the newest one. */
  get newestRunStart(): number | undefined {
    return this.ranges.at(-1)?.from
  }

  /** Ids between the first and the newest one that have not been seen, as ranges whose end is excluded; newest first. */
  holes(): { from: number; to: number }[] {
    return this.ranges.slice(1).map((range, i) => ({ from: this.ranges[i]!.to, to: range.from })).reverse()
  }

  private extend(at: number, id: number): true {
    const range = this.ranges[at]!
    const next = this.ranges[at + 1]
    range.to = id + 1
    if (next?.from === range.to) {
      range.to = next.to
      this.ranges.splice(at + 1, 1)
    }
    return true
  }

  /** The first range that ends at or behind the id. */
  private firstEndingFrom(id: number): number {
    let low = 0
    let high = this.ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ranges[middle]!.to < id) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * One side of the venue's true book: levels sorted by key, the best last. Deliberately not libs/market's, whose books are
 * compared with this one.
 */
export class Ladder {
  readonly keys: number[] = []
  readonly quantities: number[] = []

  get length(): number {
    return this.keys.length
  }

  /** The first place whose key is not less. */
  locate(key: number): number {
    let low = 0
    let high = this.keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }

  set(key: number, quantity: number): void {
    const i = this.locate(key)
    const found = this.keys[i] === key
    if (found && quantity > 0) this.quantities[i] = quantity
    else if (found) {
      this.keys.splice(i, 1)
      this.quantities.splice(i, 1)
    } else if (quantity > 0) {
      this.keys.splice(i, 0, key)
      this.quantities.splice(i, 0, quantity)
    }
  }

  quantityOf(key: number): number {
    const i = this.locate(key)
    return this.keys[i] === key ? this.quantities[i]! : 0
  }

  copy(): Ladder {
    const copy = new Ladder()
    copy.keys.push(...this.keys)
    copy.quantities.push(...this.quantities)
    return copy
  }
}

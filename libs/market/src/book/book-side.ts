const INITIAL_CAPACITY = 1024
/** Below this many elements a plain loop beats the call of copyWithin. */
const SHORT_SHIFT = 24

/**
 * One side of a book: levels in arrays sorted by key, the best last. Prices of asks are negated to make their keys, so that
 * both sides work alike. Most updates are near the best price, so that the search starts there and few elements move.
 */
export class BookSide {
  length = 0
  private keys = new Float64Array(INITIAL_CAPACITY)
  private quantities = new Float64Array(INITIAL_CAPACITY)

  /** Sets the quantity at a key; 0 deletes the level, which need not exist. */
  set(key: number, quantity: number): void {
    const i = this.locate(key)
    const found = i < this.length && this.keys[i] === key
    if (quantity === 0) {
      if (found) this.removeAt(i)
    } else if (found) {
      this.quantities[i] = quantity
    } else {
      this.insertAt(i, key, quantity)
    }
  }

  /** The position of the first key that is not less. */
  locate(key: number): number {
    const keys = this.keys
    let high = this.length
    let low = high - 1
    let step = 1
    while (low >= 0 && keys[low]! >= key) {
      high = low
      low -= step
      step *= 2
    }
    if (low < 0) low = -1
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (keys[middle]! >= key) high = middle
      else low = middle
    }
    return high
  }

  keyAt(i: number): number {
    return this.keys[i]!
  }

  quantityAt(i: number): number {
    return this.quantities[i]!
  }

  /** The quantity at a key, or 0. */
  quantityOf(key: number): number {
    const i = this.locate(key)
    return i < this.length && this.keys[i] === key ? this.quantities[i]! : 0
  }

  clear(): void {
    this.length = 0
  }

  largestKey(): number {
    return this.length === 0 ? 0 : Math.max(Math.abs(this.keys[0]!), Math.abs(this.keys[this.length - 1]!))
  }

  largestQuantity(): number {
    let largest = 0
    for (let i = 0; i < this.length; i++) largest = Math.max(largest, this.quantities[i]!)
    return largest
  }

  multiplyKeys(factor: number): void {
    for (let i = 0; i < this.length; i++) this.keys[i]! *= factor
  }

  multiplyQuantities(factor: number): void {
    for (let i = 0; i < this.length; i++) this.quantities[i]! *= factor
  }

  private insertAt(i: number, key: number, quantity: number): void {
    if (this.length === this.keys.length) this.enlarge()
    const { keys, quantities } = this
    const end = this.length++
    if (end - i > SHORT_SHIFT) {
      keys.copyWithin(i + 1, i, end)
      quantities.copyWithin(i + 1, i, end)
    } else {
      for (let j = end; j > i; j--) {
        keys[j] = keys[j - 1]!
        quantities[j] = quantities[j - 1]!
      }
    }
    keys[i] = key
    quantities[i] = quantity
  }

  private removeAt(i: number): void {
    const { keys, quantities } = this
    const end = --this.length
    if (end - i > SHORT_SHIFT) {
      keys.copyWithin(i, i + 1, end + 1)
      quantities.copyWithin(i, i + 1, end + 1)
    } else {
      for (let j = i; j < end; j++) {
        keys[j] = keys[j + 1]!
        quantities[j] = quantities[j + 1]!
      }
    }
  }

  private enlarge(): void {
    const keys = new Float64Array(this.keys.length * 2)
    const quantities = new Float64Array(this.keys.length * 2)
    keys.set(this.keys)
    quantities.set(this.quantities)
    this.keys = keys
    this.quantities = quantities
  }
}

import type { Ladder } from './ladder.ts'

interface Checkpoint {
  readonly updateId: number
  /** How many changes had ever been added. */
  readonly position: number
  readonly bids: Ladder
  readonly asks: Ladder
}

const checkpointsKept = 8

/** The last changes of a book in a ring, with a copy of the whole book every so often, so that any id in between can be rebuilt. */
export class BookHistory {
  readonly #capacity: number
  readonly #ids: Float64Array
  readonly #keys: Float64Array
  readonly #quantities: Float64Array
  #added = 0
  #checkpoints: Checkpoint[] = []

  constructor(keep: number) {
    this.#capacity = Math.max(checkpointsKept, keep)
    this.#ids = new Float64Array(this.#capacity)
    this.#keys = new Float64Array(this.#capacity)
    this.#quantities = new Float64Array(this.#capacity)
  }

  get oldestId(): number {
    return this.#checkpoints[0]?.updateId ?? 0
  }

  begin(updateId: number, bids: Ladder, asks: Ladder): void {
    this.#checkpoints = [{ updateId, position: this.#added, bids: bids.copy(), asks: asks.copy() }]
  }

  add(updateId: number, key: number, quantity: number): void {
    const last = this.#checkpoints.at(-1)!
    const lastId = this.#ids[(this.#added + this.#capacity - 1) % this.#capacity]!
    // Only between ids, so that no copy holds half of the changes of one.
    if (this.#added - last.position >= this.#capacity / checkpointsKept && lastId !== updateId) {
      this.#checkpoints.push({ updateId: lastId, position: this.#added, ...this.at(lastId)! })
    }
    const at = this.#added++ % this.#capacity
    this.#ids[at] = updateId
    this.#keys[at] = key
    this.#quantities[at] = quantity
    while (this.#checkpoints.length > 1 && this.#checkpoints[0]!.position < this.#added - this.#capacity) this.#checkpoints.shift()
  }

  at(updateId: number): { bids: Ladder; asks: Ladder } | undefined {
    const start = this.#checkpoints.findLast((checkpoint) => checkpoint.updateId <= updateId)
    if (!start) return undefined
    const [bids, asks] = [start.bids.copy(), start.asks.copy()]
    for (let position = start.position; position < this.#added; position++) {
      const i = position % this.#capacity
      if (this.#ids[i]! > updateId) break
      const key = this.#keys[i]!
      if (key > 0) bids.set(key, this.#quantities[i]!)
      else asks.set(key, this.#quantities[i]!)
    }
    return { bids, asks }
  }
}

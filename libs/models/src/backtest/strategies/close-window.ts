/** The newest closes, in a ring. */
export interface CloseWindow {
  push(close: number): void
  isFull(): boolean
  /** Of the newest so many. */
  mean(count: number): number
  /** Sums of the rises and of the falls (positive) between neighbours of the window. */
  moves(): { up: number; down: number }
}

export function closeWindow(size: number): CloseWindow {
  const ring = new Float64Array(size)
  let pushed = 0
  // From the oldest on: sums come out the same wherever the ring begins.
  const at = (i: number, count: number) => ring[(pushed - count + i) % size]!
  return {
    push: (close) => void (ring[pushed++ % size] = close),
    isFull: () => pushed >= size,
    mean(count) {
      let sum = 0
      for (let i = 0; i < count; i++) sum += at(i, count)
      return sum / count
    },
    moves() {
      let [up, down] = [0, 0]
      for (let i = 1; i < size; i++) {
        const move = at(i, size) - at(i - 1, size)
        if (move > 0) up += move
        else down -= move
      }
      return { up, down }
    },
  }
}

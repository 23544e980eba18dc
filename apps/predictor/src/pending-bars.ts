/** Bars that have rows and are not forecast yet. */
export interface PendingBars {
  /** A row of the bar has come; `wanted`: it has no forecast yet. */
  arrived(symbol: string, openTime: number, arrival: { now: number; wanted: boolean }): void
  /** Bars to be forecast now, oldest first. */
  due(now: number): number[]
  /** All of them: nothing more will come. */
  all(): number[]
  /** What has come of the bar by now is being forecast: a row that comes from now on makes it wait on. */
  begin(openTime: number): void
  /** What had come when it was begun is forecast. */
  done(openTime: number): void
}

export interface PendingOptions {
  symbols: readonly string[]
  /** Milliseconds that a bar waits for symbols whose row has not come. */
  latenessMs: number
  /** When this attempt began: bars that had ended by then come as fast as they are read, one symbol after another. */
  startedAt: number
  /** End of the bar that opens at `openTime`. */
  endOf: (openTime: number) => number
}

/**
 * A bar is due when every symbol has reached it; else when it has waited for the others for `latenessMs`, a bar of the past only when nothing at
 * all has come for so long. A row that comes after its bar makes the bar pending again, for that symbol alone.
 */
export function createPendingBars({ symbols, latenessMs, startedAt, endOf }: PendingOptions): PendingBars {
  const newest = new Map<string, number>()
  const waiting = new Map<number, { since: number; begun: boolean }>()
  let lastArrival = startedAt
  const inOrder = () => [...waiting.keys()].sort((a, b) => a - b)
  const reached = (openTime: number) => symbols.every((symbol) => (newest.get(symbol) ?? -Infinity) >= openTime)
  return {
    arrived(symbol, openTime, { now, wanted }) {
      newest.set(symbol, Math.max(newest.get(symbol) ?? -Infinity, openTime))
      if (wanted) waiting.set(openTime, { since: waiting.get(openTime)?.since ?? now, begun: false })
      lastArrival = now
    },
    due(now) {
      const idle = now - lastArrival >= latenessMs
      return inOrder().filter((openTime) => idle || reached(openTime) || (endOf(openTime) > startedAt && now - waiting.get(openTime)!.since >= latenessMs))
    },
    all: inOrder,
    begin(openTime) {
      const bar = waiting.get(openTime)
      if (bar) bar.begun = true
    },
    done(openTime) {
      if (waiting.get(openTime)?.begun) waiting.delete(openTime)
    },
  }
}

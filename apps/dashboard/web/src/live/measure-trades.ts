import type { Trade } from '@streamforge/contracts'
import { pageLatency, type PageLatency } from './latency.ts'

declare global {
  interface Window {
    /** For measurements from outside: `__streamforgeLatency.quantile('shown', 0.99)`, in milliseconds. */
    __streamforgeLatency?: PageLatency
  }
}

const latency = pageLatency()
if (typeof window !== 'undefined') window.__streamforgeLatency = latency

/** Refilled trades say nothing: they were late before they came to us. */
const measured = (trades: readonly Trade[]) => trades.filter((trade) => !trade.backfilled)

/** Counts trades that were pushed to this page, at their receipt. */
export function measureReceived(trades: readonly Trade[]): void {
  const now = Date.now()
  for (const { known_time } of measured(trades)) latency.record('received', now - known_time)
}

/** Counts them once more in the next frame: to be called when they are in the document. In a hidden tab no frame is drawn, and none counts. */
export function measureShown(trades: readonly Trade[]): void {
  if (!trades.length || document.hidden) return
  requestAnimationFrame(() => {
    const now = Date.now()
    for (const { known_time } of measured(trades)) latency.record('shown', now - known_time)
  })
}

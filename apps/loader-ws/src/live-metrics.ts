import type { FeedCounts } from '@streamforge/market'
import { Counter, Histogram, type Registry } from 'prom-client'

const help: Record<keyof FeedCounts, string> = {
  frames: 'Frames received and read', bytes: 'Their bytes', badFrames: 'Frames that could not be read', connections: 'Connections made',
  losses: 'Connections lost', renewals: 'Connections renewed without a break', pauses: 'Times that reading stopped because the bus was behind',
  slowReaderLosses: 'Times that the bus was behind for so long that connections were given up',
}

/** Counts of the feed, and how long records take from the socket to the topic. */
export function liveMetrics(registry: Registry): { onDelay: (ms: number) => void; onCounts: (counts: FeedCounts) => void } {
  const seconds = new Histogram({
    name: 'streamforge_live_frame_to_topic_seconds', help: 'From the receipt of a frame to its record being durable on the topic', registers: [registry],
    // Fine enough around the target (20 ms) for a quantile that means something.
    buckets: [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000].map((ms) => ms / 1000),
  })
  let counted: FeedCounts | undefined
  for (const name of Object.keys(help) as (keyof FeedCounts)[]) {
    new Counter({
      name: `streamforge_live_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`, help: help[name], registers: [registry],
      // Read when somebody asks: the feed counts far too often to count twice.
      collect() {
        this.reset()
        this.inc(counted?.[name] ?? 0)
      },
    })
  }
  return {
    onDelay: (ms) => seconds.observe(ms / 1000),
    onCounts: (counts) => { counted = counts },
  }
}

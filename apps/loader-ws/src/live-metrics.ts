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
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30],
  })
  return {
    onDelay: (ms) => seconds.observe(ms / 1000),
    onCounts(counts) {
      for (const name of Object.keys(help) as (keyof FeedCounts)[]) {
        new Counter({
          name: `streamforge_live_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`, help: help[name], registers: [registry],
          // Read when somebody asks: the feed counts far too often to count twice.
          collect() {
            this.reset()
            this.inc(counts[name])
          },
        })
      }
    },
  }
}

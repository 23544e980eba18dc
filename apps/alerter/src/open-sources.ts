import type { Bus } from '@streamforge/bus'
import type { Store } from '@streamforge/store'
import type { Logger } from 'pino'
import { followConsumerLag } from './sources/consumer-lag.ts'
import { followDeadLetters } from './sources/dead-letters.ts'
import { followFeeds } from './sources/feeds.ts'
import { followLiveSeries } from './sources/live-series.ts'
import { followServices } from './sources/services.ts'
import type { Source } from './sources/source.ts'

/** All that is watched. */
export function openSources(parts: { bus: Bus; store: Store; log: Logger; now: () => number; watched: readonly string[] }): Source[] {
  const live = followLiveSeries(parts)
  return [live, followFeeds(parts), followServices({ ...parts, isRunning: live.isRunning }), followDeadLetters(parts.bus), followConsumerLag(parts.bus)]
}

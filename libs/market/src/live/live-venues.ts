import { StreamForgeError } from '@streamforge/contracts'
import { binanceLive } from './binance-live.ts'
import { coinbaseLive } from './coinbase-live.ts'
import type { LiveVenue } from './live-venue.ts'

/** Every venue with live streams. */
export const liveVenues: Readonly<Record<string, LiveVenue>> = { [binanceLive.name]: binanceLive, [coinbaseLive.name]: coinbaseLive }

/** @throws StreamForgeError UNKNOWN_VENUE */
export function liveVenueNamed(name: string): LiveVenue {
  const venue = Object.hasOwn(liveVenues, name) ? liveVenues[name] : undefined
  if (!venue) {
    throw new StreamForgeError('UNKNOWN_VENUE', `venue '${name}' has no live streams here`, { remedy: `venues with live streams: ${Object.keys(liveVenues).join(', ')}` })
  }
  return venue
}

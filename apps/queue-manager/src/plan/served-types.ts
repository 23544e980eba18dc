import type { DataType } from '@streamforge/contracts'
import { liveVenues, supportedTypes } from '@streamforge/market'

/** What a venue serves over REST and over WebSocket. @throws StreamForgeError UNKNOWN_VENUE */
export function servedTypes(venue: string): readonly DataType[] {
  const live = Object.hasOwn(liveVenues, venue) ? liveVenues[venue]?.types ?? [] : []
  return [...supportedTypes(venue), ...live]
}

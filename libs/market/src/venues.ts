import { StreamForgeError, type DataType } from '@streamforge/contracts'
import { binance } from './binance.ts'
import { coinbase } from './coinbase.ts'
import type { Venue } from './venue.ts'

/** Every venue with history over REST. To add one: write its file like coinbase.ts and name it here. */
export const venues: Readonly<Record<string, Venue>> = { [binance.name]: binance, [coinbase.name]: coinbase }

/** @throws StreamForgeError UNKNOWN_VENUE */
export function venueNamed(name: string): Venue {
  const venue = Object.hasOwn(venues, name) ? venues[name] : undefined
  if (!venue) {
    throw new StreamForgeError('UNKNOWN_VENUE', `venue '${name}' is not known`, { remedy: `known venues: ${Object.keys(venues).join(', ')}` })
  }
  return venue
}

/** The types that a venue serves. @throws StreamForgeError UNKNOWN_VENUE */
export const supportedTypes = (venue: string): readonly DataType[] => venueNamed(venue).describe().types

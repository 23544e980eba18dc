import { StreamForgeError, type DataType } from '@streamforge/contracts'
import { binance } from './binance.ts'
import { coinbase } from './coinbase.ts'
import type { OpenVenueOptions, Venue } from './venue.ts'
import { yahooVenues } from './yahoo.ts'

/** Every venue with history over REST. To add one: write its file like coinbase.ts and name it here. */
export const venues: Readonly<Record<string, Venue>> = Object.fromEntries([binance, coinbase, ...yahooVenues].map((venue) => [venue.name, venue]))

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

/** Where each venue is, for its `open`; what is undefined is at its own address. One address serves all of Yahoo's. */
export function venueUrls({ binance: ofBinance, coinbase: ofCoinbase, yahoo }: {
  binance: OpenVenueOptions['urls']; coinbase: OpenVenueOptions['urls']; yahoo: OpenVenueOptions['urls']
}): Readonly<Record<string, OpenVenueOptions['urls']>> {
  return { [binance.name]: ofBinance, [coinbase.name]: ofCoinbase, ...Object.fromEntries(yahooVenues.map(({ name }) => [name, yahoo])) }
}

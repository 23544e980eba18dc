export interface Named {
  venue: string
  symbol: string
}

const same = (a: Named) => (b: Named) => a.venue === b.venue && a.symbol === b.symbol

export const isWatched = (watched: readonly Named[], instrument: Named) => watched.some(same(instrument))

/** With the instrument at the end, or without it. */
export const toggleWatched = (watched: readonly Named[], { venue, symbol }: Named): Named[] =>
  isWatched(watched, { venue, symbol }) ? watched.filter((w) => !same(w)({ venue, symbol })) : [...watched, { venue, symbol }]

/** The watched ones that are there, in the order of the list, and the others. */
export function splitWatched<I extends Named>(instruments: readonly I[], watched: readonly Named[]): { watched: I[]; others: I[] } {
  return {
    watched: watched.flatMap((w) => instruments.find(same(w)) ?? []),
    others: instruments.filter((i) => !isWatched(watched, i)),
  }
}

import { useState } from 'react'
import type { Instrument } from '@streamforge/contracts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useSettings } from '../../use-settings.ts'
import { isWatched, toggleWatched, type Named } from './watched.ts'

/** The one list that this page keeps; others may be kept by the API. */
const listName = 'default'

export function useWatchlist() {
  const { find, keep, ready, error } = useSettings('watchlist')
  const watched: readonly Named[] = find(listName)?.value.instruments ?? []
  return { watched, ready, error, toggle: (instrument: Named) => keep(listName, { instruments: toggleWatched(watched, instrument) }) }
}

/** Puts the instrument shown on the watchlist, or takes it off. */
export function WatchButton({ instrument, list }: { instrument: Instrument; list: ReturnType<typeof useWatchlist> }) {
  const [failed, setFailed] = useState<unknown>()
  const on = isWatched(list.watched, instrument)
  return (
    <>
      <button type="button" aria-pressed={on} disabled={!list.ready} title={on ? 'take off the watchlist' : 'put on the watchlist'}
        onClick={() => { setFailed(undefined); void list.toggle(instrument).catch(setFailed) }}>
        <span aria-hidden="true">{on ? '★' : '☆'}</span><span className="sr-only">Watch {instrument.symbol}</span>
      </button>
      <ProblemNote error={failed} />
    </>
  )
}

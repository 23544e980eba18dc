import type { ForecastsAnswer, LiveChannel, LivePayload } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { forecastSignature, readForecasts } from '../read/read-forecasts.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { ChannelSource, Publish } from './share-channel.ts'

/** So many forecasts a page shows. */
const shown = 500

/** Forecasts of a series: first the newest, then those that are new in the store, with the outcomes that have come. */
export function followForecasts(store: Store, { venue, symbol, interval }: Extract<LiveChannel, { kind: 'forecasts' }>, publish: Publish): ChannelSource {
  const series = { venue, symbol, interval }
  let signature: string | undefined
  let known: ForecastsAnswer = { forecasts: [], scores: [], accuracy: [] }
  const payload = (answer: ForecastsAnswer, whole: boolean): LivePayload => ({ kind: 'forecasts', ...answer, whole })
  const refresh = oneAtATime(async () => {
    const now = await forecastSignature(store, series)
    if (now === signature) return
    const before = known
    known = await readForecasts(store, { ...series, limit: shown })
    signature = now
    publish(payload({ ...known, forecasts: fresh(before.forecasts, known.forecasts), scores: fresh(before.scores, known.scores) }, false))
  })
  return {
    refresh,
    async answer() {
      await refresh()
      return () => payload(known, true)
    },
    close: () => undefined,
  }
}

/** Those that were not there. */
function fresh<T extends { open_time: number; known_time: number }>(before: readonly T[], now: readonly T[]): T[] {
  const seen = new Set(before.map(({ open_time, known_time }) => `${open_time} ${known_time}`))
  return now.filter(({ open_time, known_time }) => !seen.has(`${open_time} ${known_time}`))
}

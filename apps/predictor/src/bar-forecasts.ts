import { barGrid, type Forecast, type ForecastScore, nextOpenTime } from '@streamforge/contracts'
import type { BarRow, BarWindows } from './bar-windows.ts'
import type { ForecastModel } from './forecast-model.ts'
import type { MadeForecasts } from './made-forecasts.ts'
import type { RowPlace, RowPlaces } from './row-places.ts'

export interface ForecastContext {
  symbols: readonly string[]
  windows: BarWindows
  made: MadeForecasts
  /** Those of a topic that is gone are not known. */
  places: Pick<RowPlaces, 'of'>
  now: () => number
}

/** Forecasts of one bar, of every symbol that has the bar's row and no forecast of it yet. */
export function forecastBar(context: ForecastContext, model: ForecastModel, openTime: number, { backfilled }: { backfilled: boolean }): Forecast[] {
  const { symbols, windows, made, now } = context
  const rows = symbols.map((symbol) => windows.row(symbol, openTime))
  if (!rows.some((row) => row && !made.hasForecast(row.symbol, openTime))) return []
  const values = model.forecast(windows.bars(openTime, model.version.window_bars))
  const places = rows.map((row) => row && context.places.of(row))
  const ends = endsOf(places)
  return rows.flatMap((row, n) => (!row || made.hasForecast(row.symbol, openTime) || !Number.isFinite(values[n]) || row.close <= 0 ? [] : [
    toForecast(row, model, { value: values[n]!, inputs: inputsOf([places[n], ...ends]), known_time: now(), backfilled }),
  ]))
}

function toForecast(
  row: BarRow, { version, band, coverage }: ForecastModel, made: Pick<Forecast, 'value' | 'inputs' | 'known_time' | 'backfilled'>,
): Forecast {
  const { venue, symbol, interval, open_time, close, event_time } = row
  const { low, high } = band(symbol)
  const { value } = made
  return {
    kind: 'forecast', venue, symbol, interval, open_time, model: version.model, model_version: version.version, horizon_bars: version.horizon_bars, run_id: version.run_id,
    close, ...made, low: value + low, high: value + high, coverage, target_time: endAfter(row, version.horizon_bars), event_time,
  }
}

/** The end of the bar `bars` later. */
function endAfter({ venue, open_time, interval }: BarRow, bars: number): number {
  const grid = barGrid(venue, interval)
  let open = open_time
  for (let bar = 0; bar < bars; bar++) open = grid.next(open)
  return nextOpenTime(open, interval)
}

/** The first and the last of a bar's rows on the topic. */
function endsOf(places: readonly (RowPlace | undefined)[]): (RowPlace | undefined)[] {
  const known = places.filter((place) => place !== undefined).sort((a, b) => a.partition - b.partition || (a.offset < b.offset ? -1 : 1))
  return [known[0], known.at(-1)]
}

/** A forecast hears from all rows of its bar: its own first, then the first and the last of them; each place once. */
function inputsOf(places: readonly (RowPlace | undefined)[]): Forecast['inputs'] {
  const known = places.filter((place) => place !== undefined)
  return known.filter((place, i) => known.findIndex((other) => other.topic === place.topic && other.partition === place.partition && other.offset === place.offset) === i)
    .map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) }))
}

/** Scores of the forecasts whose truth this row is. */
export function scoreRow({ made, now }: Pick<ForecastContext, 'made' | 'now'>, row: BarRow): ForecastScore[] {
  return made.awaiting(row.symbol, row.event_time).filter(() => row.close > 0).map((forecast) => {
    const { venue, symbol, interval, open_time, model, model_version, horizon_bars, value, low, high } = forecast
    const actual = row.close / forecast.close - 1
    return {
      kind: 'forecast_score', venue, symbol, interval, open_time, model, model_version, horizon_bars, value, actual,
      hit: Math.sign(value) === Math.sign(actual), covered: actual >= low && actual <= high,
      event_time: row.event_time, known_time: Math.max(now(), row.known_time), backfilled: forecast.backfilled,
    }
  })
}

import { MAX_EPOCH_MS, measurements, MIN_EPOCH_MS, StreamForgeError, type FieldType, type Measurement } from '@streamforge/contracts'
import { seriesKey, tagNamesOf } from './series-key.ts'
import type { AnyPoint } from './time-series.ts'

const largestSub = 999_999
/** Series of one measurement. */
export const defaultMostSeries = 100_000
const definitions: Readonly<Record<string, Measurement>> = measurements

/** A point of no particular measurement. */
interface LoosePoint {
  measurement: string
  tags: Readonly<Record<string, unknown>>
  fields: Readonly<Record<string, unknown>>
  time: number
  sub?: number
}

/** Why a point does not fit its measurement; undefined: it does. Pure. */
export function pointProblem(given: AnyPoint): string | undefined {
  const point = given as LoosePoint
  const definition = definitions[point.measurement]
  if (!definition) return `there is no measurement '${point.measurement}'`
  return timeProblem(point) ?? tagProblem(point, definition) ?? fieldProblem(point, definition)
}

function timeProblem({ measurement, time, sub = 0 }: LoosePoint): string | undefined {
  if (!Number.isSafeInteger(time) || time < MIN_EPOCH_MS || time >= MAX_EPOCH_MS) return `${measurement}: time ${time} is no millisecond of 2000 to 2100`
  if (!Number.isInteger(sub) || sub < 0 || sub > largestSub) return `${measurement}: sub ${sub} is not from 0 to ${largestSub}`
  return undefined
}

function tagProblem({ measurement, tags }: LoosePoint, definition: Measurement): string | undefined {
  for (const name of Object.keys(tags)) if (!(name in definition.tags)) return `${measurement} has no tag '${name}'`
  for (const name of tagNamesOf(measurement)!) {
    if (!definition.tags[name]!.safeParse(tags[name]).success) return `${measurement}: tag '${name}' is ${shown(tags[name])}, which is none of its values`
  }
  return undefined
}

function fieldProblem({ measurement, fields }: LoosePoint, definition: Measurement): string | undefined {
  let present = 0
  for (const name in fields) {
    const value = fields[name]
    if (value === undefined) continue
    const field = definition.fields[name]
    if (!field) return `${measurement} has no field '${name}'`
    if (!fits(value, field.type)) return `${measurement}: field '${name}' is ${shown(value)}, expected ${expected[field.type]}`
    present++
  }
  return present === 0 ? `${measurement}: a point without a field` : undefined
}

const expected = { float: 'a finite number', integer: 'a whole number', boolean: 'true or false' } as const satisfies Record<FieldType, string>

function fits(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'float': return Number.isFinite(value)
    case 'integer': return Number.isSafeInteger(value)
    case 'boolean': return typeof value === 'boolean'
    default: return type satisfies never
  }
}

const shown = (value: unknown) => (typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value))

/** What adapters check before they write. */
export interface PointChecker {
  /** The series of a point that fits. @throws StreamForgeError STORE_REJECTED */
  seriesOf(point: AnyPoint): string
}

/**
 * Checks points, remembering series seen: their tags need no second look.
 * @param mostSeries of one measurement; a point of one more is refused. What fills a time-series database without a limit is not points, but series.
 */
export function createPointChecker(mostSeries: number): PointChecker {
  const seen = new Map(Object.keys(definitions).map((name) => [name, new Set<string>()]))
  return {
    seriesOf(point) {
      const { measurement, tags } = point as LoosePoint
      const known = seen.get(measurement)
      const definition = definitions[measurement]
      if (!known || !definition || Object.keys(tags).length !== tagNamesOf(measurement)!.length) throw refused(pointProblem(point) ?? 'a tag is missing')
      const key = seriesKey(measurement, tags as Readonly<Record<string, string>>)
      const problem = known.has(key) ? timeProblem(point) ?? fieldProblem(point, definition) : pointProblem(point)
      if (problem !== undefined) throw refused(problem)
      if (!known.has(key)) {
        if (known.size >= mostSeries) throw refused(`${measurement} has ${mostSeries} series already: '${key}' would be one more`)
        known.add(key)
      }
      return key
    },
  }
}

function refused(problem: string): StreamForgeError {
  return new StreamForgeError('STORE_REJECTED', `a point was refused: ${problem}`, { remedy: 'docs/TIMESERIES.md has the measurements, their tags and fields' })
}

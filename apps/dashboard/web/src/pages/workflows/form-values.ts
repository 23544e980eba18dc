import type { WorkflowRequestInput, WorkflowTypes } from '@streamforge/contracts'
import { emptyPipeline, fromPipeline, pipelineProblem, toPipeline, type PipelineValues } from './pipeline-values.ts'

/** What a person has typed. Times are those of datetime inputs, read as UTC; an empty `to`: until stopped. */
export interface FormValues {
  venue: string
  symbols: string
  types: readonly string[]
  from: string
  to: string
  name: string
  shards: string
  source: 'auto' | 'rest' | 'archive'
  maxAttempts: string
  pipeline: PipelineValues
}

/** The one that the API takes when none is named. */
export const usualVenue = 'binance'

export const emptyForm = (now: number): FormValues => ({
  venue: usualVenue, symbols: '', types: [], from: dateTime(now - 7 * 86_400_000), to: dateTime(now), name: '', shards: '', source: 'auto', maxAttempts: '', pipeline: emptyPipeline,
})

/** Midnight UTC of an instant's day, as a datetime input has it. */
function dateTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 10)}T00:00`
}

export const isLive = (type: string) => type.startsWith('ws_')

/** Upper case, split at commas and spaces, each once. */
export const readSymbols = (text: string) => [...new Set(text.toUpperCase().split(/[\s,;]+/).filter(Boolean))]

/** `from:to` in the API's spelling: whole days as dates, else minutes in UTC. */
export function composeTimeRange(from: string, to: string): string {
  return `${instant(from)}:${instant(to)}`
}

function instant(text: string): string {
  return text.endsWith('T00:00') ? text.slice(0, 10) : text && `${text}Z`
}

/** What is missing before the server need be asked, by field. */
export function formProblems(values: FormValues): Partial<Record<'symbols' | 'types' | 'from' | 'to' | 'pipeline', string>> {
  const live = values.types.some(isLive)
  const pipeline = pipelineProblem(values.pipeline, { symbols: readSymbols(values.symbols), types: values.types })
  return {
    ...(!readSymbols(values.symbols).length && { symbols: 'Name at least one symbol, such as BTCUSDT.' }),
    ...(!values.types.length && { types: 'Choose at least one kind of data.' }),
    ...(!values.from && { from: 'Choose where it starts.' }),
    ...(!values.to && !live && { to: 'History needs an end; only live data runs until stopped.' }),
    ...(values.from && values.to && values.from >= values.to && { to: 'The end must be later than the start.' }),
    ...(pipeline && { pipeline }),
  }
}

export function toRequest(values: FormValues): WorkflowRequestInput {
  const options = {
    ...(values.shards && { shards: Number(values.shards) }), ...(values.source !== 'auto' && { source: values.source }),
    ...(values.maxAttempts && { max_attempts: Number(values.maxAttempts) }),
  }
  const pipeline = toPipeline(values.pipeline)
  return {
    ...(values.venue !== usualVenue && { venue: values.venue }),
    symbols: readSymbols(values.symbols), types: [...values.types] as WorkflowRequestInput['types'],
    time_range: composeTimeRange(values.from, values.to),
    ...(pipeline && { pipeline }),
    ...(values.name.trim() && { name: values.name.trim() }), ...(Object.keys(options).length && { options }),
  }
}

/** A request that was made before, to be changed and sent again. */
export function fromRequest(request: WorkflowRequestInput): FormValues {
  const { venue = usualVenue, symbols, types, time_range, name = '', pipeline, options = {} } = request
  // Its parts may hold colons themselves: the first ends with a date, a Z or a number.
  const [, from = '', to = ''] = /^(\d{4}-\d\d-\d\d|[^Z]+Z|\d+):(.*)$/.exec(time_range) ?? []
  return {
    venue, symbols: symbols.join(', '), types: [...types], from: inputText(from), to: inputText(to), name,
    shards: options.shards === undefined ? '' : String(options.shards), source: options.source ?? 'auto',
    maxAttempts: options.max_attempts === undefined || options.max_attempts === usualAttempts ? '' : String(options.max_attempts),
    pipeline: fromPipeline(pipeline),
  }
}

/** What the API takes where the form says nothing. */
const usualAttempts = 5

/** A date, a date-time ending in Z, or seconds or milliseconds since the epoch, as a datetime input has it. */
function inputText(instantText: string): string {
  if (/^\d+$/.test(instantText)) return new Date(Number(instantText) * (instantText.length <= 10 ? 1_000 : 1)).toISOString().slice(0, 16)
  return instantText.length === 10 ? `${instantText}T00:00` : instantText.replace(/Z$/, '').slice(0, 16)
}

/** The types that a venue has. */
export const typesOf = ({ types }: Pick<WorkflowTypes, 'types'>, venue: string) => types.filter(({ venues }) => venues.includes(venue))

export interface TypeGroup {
  title: string
  types: { type: string; label: string; description: string }[]
}

/** The types that can be asked for, in the groups that people think in. */
export function groupTypes({ types }: Pick<WorkflowTypes, 'types'>): TypeGroup[] {
  const available = types.filter((t) => t.available).map(({ type, description }) => ({
    type, description, label: type.replace(/^(api|ws)_/, '').replace('candles_', '').replace('orderbook', 'order book'),
  }))
  const group = (title: string, prefix: string) => ({ title, types: available.filter((t) => t.type.startsWith(prefix)) })
  const rest = (source: string) => ({ types: available.filter((t) => t.type.startsWith(source) && !t.type.includes('_candles_')) })
  return [
    group('History: candles', 'api_candles_'), { title: 'History', ...rest('api_') },
    group('Live: candles', 'ws_candles_'), { title: 'Live', ...rest('ws_') },
  ].filter((g) => g.types.length)
}

import { StreamForgeError } from '@streamforge/contracts'

/** How a pipeline is asked for on the command line. */
export interface PipelineOptions {
  pipeline?: string
  featureInterval?: string
  model?: string
  /** `training.epochs=5`: a field of the pipeline by its path, and its value as JSON or plain text. */
  set?: string[]
}

/** The `pipeline` of a request, or undefined without one; the API checks the values. @throws StreamForgeError BAD_REQUEST */
export function pipelineFromOptions({ pipeline, featureInterval, model, set = [] }: PipelineOptions): Record<string, unknown> | undefined {
  if (pipeline === undefined) {
    if (featureInterval ?? model ?? set[0]) throw badRequest('--feature-interval, --model and --set belong to a --pipeline')
    return undefined
  }
  const request: Record<string, unknown> = {
    type: pipeline, ...(featureInterval !== undefined && { feature_interval: featureInterval }), ...(model !== undefined && { model }),
  }
  for (const assignment of set) assign(request, assignment)
  return request
}

function assign(target: Record<string, unknown>, assignment: string): void {
  const [, path, value] = /^([a-z_]+(?:\.[a-z_]+)*)=(.*)$/s.exec(assignment) ?? []
  if (path === undefined || value === undefined) throw badRequest(`--set is '${assignment}', expected a path and a value such as training.epochs=5`)
  const names = path.split('.')
  let place = target
  for (const name of names.slice(0, -1)) {
    const inner = Object.hasOwn(place, name) ? place[name] : (place[name] = {})
    if (inner === null || typeof inner !== 'object') throw badRequest(`--set ${assignment}: ${name} is a value, it has no fields`)
    place = inner as Record<string, unknown>
  }
  place[names.at(-1)!] = readValue(value)
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const badRequest = (message: string) => new StreamForgeError('BAD_REQUEST', message, {
  remedy: "for example: streamforge submit --symbol BTCUSDT,ETHUSDT --type api_candles_5m --range 2025-01-01:2025-02-01 --pipeline train_gnn --set training.epochs=5",
})

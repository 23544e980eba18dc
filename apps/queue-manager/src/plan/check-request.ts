import { StreamForgeError, type ErrorCode, type WorkflowRequest } from '@streamforge/contracts'
import { isAvailable } from '../images.ts'
import { servedTypes } from './served-types.ts'

export const maxQueues = 5_000

/** The request without repetitions. @throws StreamForgeError UNKNOWN_VENUE, UNKNOWN_TYPE, INVALID_FIELD */
export function checkRequest(request: WorkflowRequest): WorkflowRequest {
  const supported = servedTypes(request.venue)
  const types = [...new Set(request.types)]
  const symbols = [...new Set(request.symbols)]
  for (const [index, type] of request.types.entries()) {
    const field = `types.${index}`
    if (!isAvailable(type)) throw refusal('UNKNOWN_TYPE', field, `no service of this release loads ${type}`, 'GET /workflow-types says which types are available')
    if (!supported.includes(type)) {
      throw refusal('UNKNOWN_TYPE', field, `${request.venue} does not serve ${type}`, `${request.venue} serves ${supported.join(', ')}`)
    }
  }
  const queues = symbols.length * types.length
  if (queues > maxQueues) {
    throw refusal('INVALID_FIELD', 'symbols', `${symbols.length} symbols x ${types.length} types make ${queues} queues`, `at most ${maxQueues} a workflow: ask for fewer, in several workflows`)
  }
  return { ...request, types, symbols }
}

/** @throws StreamForgeError UNKNOWN_SYMBOL naming every symbol that the venue does not have */
export function checkSymbols(request: WorkflowRequest, instruments: ReadonlySet<string>): void {
  const unknown = request.symbols.flatMap((symbol, index) => (instruments.has(symbol) ? [] : [{ symbol, index }]))
  if (!unknown.length) return
  const names = unknown.slice(0, 10).map((u) => u.symbol).join(', ')
  throw new StreamForgeError('UNKNOWN_SYMBOL', `${request.venue} has no ${names}${unknown.length > 10 ? ` and ${unknown.length - 10} more` : ''}`, {
    remedy: `write symbols as ${request.venue} does, without separators, such as ${instruments.values().next().value ?? 'BTCUSDT'}`,
    details: { errors: unknown.slice(0, 100).map(({ symbol, index }) => ({ field: `symbols.${index}`, message: `a symbol that ${request.venue} has; ${symbol} is none` })) },
  })
}

function refusal(code: ErrorCode, field: string, message: string, expected: string): StreamForgeError {
  return new StreamForgeError(code, message, { remedy: expected, details: { errors: [{ field, message: expected }] } })
}

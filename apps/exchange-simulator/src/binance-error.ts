import { jsonReply, type Reply } from './reply.ts'

/** Thrown by a Binance endpoint; answered with Binance's own error body. */
export class BinanceError extends Error {
  override readonly name = 'BinanceError'
  readonly code: number
  readonly status: number

  constructor(code: number, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }

  reply(headers: Record<string, string> = {}): Reply {
    return jsonReply({ code: this.code, msg: this.message }, this.status, headers)
  }
}

export const illegalCharacters = (name: string, range: string) =>
  new BinanceError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${range}'.`)
export const duplicateParameter = (name: string) => new BinanceError(-1101, `Duplicate values for parameter '${name}' detected.`)
export const missingParameter = (name: string) =>
  new BinanceError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`)
export const unreadParameters = (read: number, sent: number) =>
  new BinanceError(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`)
export const emptyParameter = (name: string) => new BinanceError(-1105, `Parameter '${name}' was empty.`)
export const invalidInterval = () => new BinanceError(-1120, 'Invalid interval.')
export const invalidSymbol = () => new BinanceError(-1121, 'Invalid symbol.')
export const badCombination = () => new BinanceError(-1128, 'Combination of optional parameters invalid.')
export const invalidParameter = (name: string) => new BinanceError(-1130, `Data sent for parameter '${name}' is not valid.`)

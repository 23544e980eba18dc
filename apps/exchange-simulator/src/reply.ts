/** An answer, before any fault touches it. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Rows of market data in it, for the statistics. */
  readonly rows?: number
}

export const jsonType = 'application/json;charset=UTF-8'

export const jsonReply = (value: unknown, status = 200, headers: Record<string, string> = {}): Reply =>
  ({ status, headers: { 'content-type': jsonType, ...headers }, body: Buffer.from(JSON.stringify(value)) })

export const rowsReply = (body: Buffer, rows: number): Reply => ({ status: 200, headers: { 'content-type': jsonType }, body, rows })

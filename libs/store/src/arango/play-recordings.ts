import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import type { Exchange } from './recordings/exchange.ts'

export interface Player {
  url: string
  /** What was asked otherwise than recorded, and what was recorded but not asked. Empty when all went as it should. */
  complaints(): string[]
  close(): Promise<void>
}

/** A server that plays exchanges in their order and answers 501 to any request that is not the next one. */
export async function playRecordings(exchanges: readonly Exchange[], authorization: string): Promise<Player> {
  let position = 0
  const complaints: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const expected = exchanges[position]
      const difference = expected ? differenceOf(expected, request, body, authorization) : 'nothing more was recorded'
      if (!expected || difference !== undefined) {
        complaints.push(`${request.method} ${request.url} ${body}: ${difference}`)
        response.writeHead(501).end()
        return
      }
      position++
      response.writeHead(expected.status, { 'content-type': 'application/json', server: 'ArangoDB', ...expected.headers }).end(JSON.stringify(expected.answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    complaints: () => [...complaints, ...exchanges.slice(position).map(({ method, path }) => `not asked: ${method} ${path}`)],
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function differenceOf(expected: Exchange, request: IncomingMessage, body: string, authorization: string): string | undefined {
  const url = new URL(request.url!, 'http://server')
  const asked = {
    method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), ifMatch: request.headers['if-match'],
    body: body === '' ? undefined : (JSON.parse(body) as unknown), authorization: request.headers.authorization,
  }
  const wanted: typeof asked = {
    method: expected.method, path: expected.path.startsWith('/_db/') ? expected.path : `/_db/market${expected.path}`, query: { ...expected.query },
    ifMatch: expected.ifMatch, body: expected.body, authorization,
  }
  return isDeepStrictEqual(asked, wanted) ? undefined : `expected ${JSON.stringify(wanted)}`
}

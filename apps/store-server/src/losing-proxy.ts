import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What becomes of a request on its way: passed on and answered; lost before or after the server has seen it; or answered 503. */
export type Fate = 'passed' | 'request lost' | 'answer lost' | 'answer cut' | 'unavailable'

export interface LosingProxy {
  url: string
  fates: Fate[]
  close(): Promise<void>
}

/** A proxy between the store and its server that loses what `fate` says, for tests. `onLoss` happens between an answer and its loss. */
export async function startLosingProxy(
  target: string, fate: (path: string) => Fate, onLoss: (path: string) => Promise<void> = async () => undefined,
): Promise<LosingProxy> {
  const fates: Fate[] = []
  const server = createServer((incoming, outgoing) => {
    const decided = fate(incoming.url!)
    fates.push(decided)
    void carry(target, incoming, outgoing, decided, onLoss)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, fates,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function carry(target: string, incoming: IncomingMessage, outgoing: ServerResponse, fate: Fate, onLoss: (path: string) => Promise<void>): Promise<void> {
  const body = await buffer(incoming)
  if (fate === 'request lost') return void incoming.socket.destroy()
  if (fate === 'unavailable') return void outgoing.writeHead(503).end()
  const { status, headers, answer } = await exchange(target, incoming, body)
  if (fate === 'answer lost') {
    await onLoss(incoming.url!)
    return void incoming.socket.destroy()
  }
  outgoing.writeHead(status, { 'content-type': headers['content-type'], 'content-length': answer.length })
  if (fate === 'passed') return void outgoing.end(answer)
  outgoing.write(answer.subarray(0, Math.floor(answer.length / 2)), () => incoming.socket.destroy())
}

function exchange(target: string, { url, method, headers }: IncomingMessage, body: Buffer) {
  const done = Promise.withResolvers<{ status: number; headers: IncomingMessage['headers']; answer: Buffer }>()
  const passed = request(new URL(url!, target), { method, headers: { ...headers, host: new URL(target).host } }, (response) => {
    buffer(response).then((answer) => done.resolve({ status: response.statusCode!, headers: response.headers, answer }), done.reject)
  })
  passed.on('error', done.reject).end(body)
  return done.promise
}

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** Keys of the protocol's requests that tests script; https://kafka.apache.org/protocol#protocol_api_keys */
export const api = { metadata: 3, listGroups: 16, saslHandshake: 17, apiVersions: 18, saslAuthenticate: 36 } as const
/** The version of each that is offered: the simplest that kafkajs speaks. */
const versions: Readonly<Record<number, number>> = { [api.metadata]: 1, [api.listGroups]: 0, [api.saslHandshake]: 1, [api.apiVersions]: 0, [api.saslAuthenticate]: 0 }

export interface ScriptedAnswer {
  /** Sends an answer with this body. */
  reply(body: Buffer): void
  /** Sends the first bytes of an answer with this body, and ends the connection as a killed broker's does. */
  breakOff(body: Buffer, bytes: number): void
}

/** For tests: a broker that says who it is and asks for a SCRAM user, and leaves the other answers to `script`. */
export async function scriptedBroker(script: (key: number, answer: ScriptedAnswer) => void): Promise<{ address: string; close(): void }> {
  const server = createServer((socket) => serve(socket, (key, answer) => {
    if (key === api.apiVersions) answer.reply(Buffer.concat([int16(0), int32(Object.keys(versions).length), ...Object.entries(versions).map(([k, v]) => Buffer.concat([int16(Number(k)), int16(v), int16(v)]))]))
    else if (key === api.saslHandshake) answer.reply(Buffer.concat([int16(0), int32(1), text('SCRAM-SHA-512')]))
    else if (key === api.metadata) answer.reply(Buffer.concat([int32(1), int32(1), text('127.0.0.1'), int32(port()), nothing, int32(1), int32(0)]))
    else script(key, answer)
  }))
  const port = () => (server.address() as AddressInfo).port
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { address: `127.0.0.1:${port()}`, close: () => void server.close() }
}

function serve(socket: Socket, answerTo: (key: number, answer: ScriptedAnswer) => void): void {
  let unread = Buffer.alloc(0)
  socket.on('error', () => undefined)
  socket.on('data', (data) => {
    unread = Buffer.concat([unread, data])
    while (unread.length >= 4 && unread.length >= 4 + unread.readInt32BE()) {
      const request = unread.subarray(4, 4 + unread.readInt32BE())
      unread = unread.subarray(4 + request.length)
      const framed = (body: Buffer) => Buffer.concat([int32(4 + body.length), request.subarray(4, 8), body])
      answerTo(request.readInt16BE(), {
        reply: (body) => void socket.write(framed(body)),
        breakOff: (body, bytes) => void socket.end(framed(body).subarray(0, bytes)),
      })
    }
  })
}

export const int16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff])
export const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value)])
export const text = (value: string) => Buffer.concat([int16(value.length), Buffer.from(value)])
const nothing = int16(-1)

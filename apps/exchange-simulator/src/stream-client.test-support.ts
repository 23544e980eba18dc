import { WebSocket } from 'ws'
import { vi } from 'vitest'

export type Message = Record<string, unknown> & { stream?: string; data?: Record<string, unknown> }

/** A client that keeps what it hears. */
export interface StreamClient {
  readonly socket: WebSocket
  readonly texts: string[]
  /** Those that are JSON. */
  messages(): Message[]
  /** Data of one stream's combined frames. */
  data(stream: string): Record<string, unknown>[]
  send(value: unknown): void
  /** Sends, and waits for the answer with the same id. */
  ask(request: { id: unknown } & Record<string, unknown>): Promise<Message>
  /** Close code, once closed. */
  closed: Promise<number>
}

const parsed = (text: string): Message | undefined => {
  try {
    return JSON.parse(text) as Message
  } catch {
    return undefined
  }
}

/** Waits until it is connected, or fails with what the venue said. */
export async function connectStream(url: string, options: { autoPong?: boolean } = {}): Promise<StreamClient> {
  const socket = new WebSocket(url, options)
  const texts: string[] = []
  socket.on('message', (data) => texts.push((data as Buffer).toString()))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  const messages = () => texts.map(parsed).filter((message) => message !== undefined)
  const client: StreamClient = {
    socket, texts, closed, messages,
    data: (stream) => messages().filter((message) => message.stream === stream).map((message) => message.data!),
    send: (value) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
    async ask(request) {
      client.send(request)
      return vi.waitFor(() => {
        const answer = messages().find((message) => message['id'] === request.id && !('stream' in message))
        if (!answer) throw new Error(`no answer to ${JSON.stringify(request)} yet`)
        return answer
      }, { timeout: 10_000, interval: 10 })
    },
  }
  return client
}

/** Until it is so. */
export const until = (isSo: () => boolean, what = String(isSo)) => vi.waitFor(() => {
  if (!isSo()) throw new Error(`not yet: ${what}`)
}, { timeout: 10_000, interval: 5 })

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface ReceivedRequest { path: string; headers: IncomingHttpHeaders; body: Record<string, unknown> }

/** A local server that takes what Telegram or a webhook would; `answer` says what it answers to the next requests. */
export interface FakeReceiver {
  readonly url: string
  readonly requests: ReceivedRequest[]
  answer: (count: number) => { status: number; headers?: Record<string, string> }
  close(): Promise<void>
}

export async function startReceiver(): Promise<FakeReceiver> {
  const requests: ReceivedRequest[] = []
  const receiver = { requests, answer: () => ({ status: 200 }) } as { requests: ReceivedRequest[]; answer: FakeReceiver['answer'] }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown> })
      const { status, headers } = receiver.answer(requests.length)
      // Servers repeat what they were sent in their errors: nothing of it may come into a log.
      response.writeHead(status, headers).end(JSON.stringify({ ok: status < 300, description: `you sent ${request.url} ${JSON.stringify(request.headers)}` }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  })
}

export interface FakeMailServer {
  readonly url: string
  readonly mails: string[]
  readonly logins: { user: string | undefined; password: unknown }[]
  /** A reply code for the next mails instead of taking them. */
  refuseWith: number | undefined
  close(): Promise<void>
}

/** With `starttls` it offers encryption, by a certificate that nobody has signed. */
export async function startMailServer({ starttls = false } = {}): Promise<FakeMailServer> {
  const fake = { mails: [] as string[], logins: [] as FakeMailServer['logins'], refuseWith: undefined as number | undefined }
  const server = new SMTPServer({
    authOptional: true, logger: false, ...(!starttls && { disabledCommands: ['STARTTLS'] }),
    onAuth({ username, password }, _session, done) {
      fake.logins.push({ user: username, password })
      done(null, { user: username ?? '' })
    },
    onData(stream, _session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
        if (fake.refuseWith !== undefined) return done(Object.assign(new Error('not now'), { responseCode: fake.refuseWith }))
        fake.mails.push(Buffer.concat(parts).toString())
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.server.address() as AddressInfo
  return Object.assign(fake, { url: `smtp://127.0.0.1:${port}`, close: () => new Promise<void>((resolve) => { server.close(() => resolve()) }) })
}

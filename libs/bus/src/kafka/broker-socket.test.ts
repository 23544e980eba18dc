import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { brokerSocket } from './broker-socket.ts'

const server = async () => {
  const listening = createServer((socket) => void socket.end('hello')).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  return { listening, port: (listening.address() as AddressInfo).port }
}
const open = (port: number, onConnect: () => void, ssl?: object): Socket => brokerSocket({ host: '127.0.0.1', port, ssl: ssl!, onConnect })

it('connects, and lets the process end as any other socket does', async () => {
  const { listening, port } = await server()
  const connected = Promise.withResolvers<void>()
  const socket = open(port, connected.resolve)
  await connected.promise
  expect(socket.unref()).toBe(socket)
  socket.ref()
  const [text] = await once(socket, 'data') as [Buffer]
  expect(String(text)).toBe('hello')
  socket.destroy()
  listening.close()
})

it.each([['plain', undefined], ['encrypted', {}]])('gathers no listeners however often it is ended after it failed: %s', async (_, ssl) => {
  const { listening, port } = await server()
  await new Promise((resolve) => listening.close(resolve))
  const socket = open(port, () => undefined, ssl)
  const [error] = await once(socket, 'error') as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNREFUSED')
  const before = socket.listenerCount('connect')
  for (let i = 0; i < 20; i++) {
    socket.end()
    socket.unref()
  }
  expect(socket.listenerCount('connect')).toBe(before)
})

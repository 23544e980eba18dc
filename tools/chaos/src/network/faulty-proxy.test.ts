import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts'

describe('a line that can be bad', () => {
  let echo: Server
  let proxy: FaultyProxy
  const clients: Socket[] = []
  beforeEach(async () => {
    echo = createServer((socket) => { socket.on('error', () => undefined).pipe(socket) })
    await once(echo.listen(0, '127.0.0.1'), 'listening')
    proxy = await startFaultyProxy({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port })
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await proxy.close()
    echo.close()
  })
  const dial = async () => {
    const client = connect(proxy.port, proxy.host)
    clients.push(client)
    client.on('error', () => undefined)
    await once(client, 'connect')
    return client
  }
  const closed = (client: Socket) => new Promise<void>((resolve) => (client.destroyed ? resolve() : client.once('close', () => resolve())))
  const receive = async (client: Socket, bytes: number) => {
    const parts: Buffer[] = []
    for (let length = 0; length < bytes;) {
      const [part] = await once(client, 'data') as [Buffer]
      parts.push(part)
      length += part.length
    }
    return Buffer.concat(parts)
  }

  it('carries every byte in order, also far more than it may hold, and the end', async () => {
    const client = await dial()
    const sent = Buffer.from(Array.from({ length: 5_000_000 }, (_, i) => (i * 7) % 251))
    client.end(sent)
    expect((await receive(client, sent.length)).equals(sent)).toBe(true)
    await closed(client)
    await expect.poll(() => proxy.connections()).toBe(0)
  })

  it('holds what is sent until it is healed, and loses nothing of it', async () => {
    const client = await dial()
    proxy.set({ held: true })
    let received = 0
    client.on('data', (part) => { received += part.length })
    client.write('a'.repeat(1000))
    const other = await dial()
    other.write('b')
    // What passes within this would have come: a healthy line brings it back at once.
    proxy.set({ held: true, delayMs: 1 })
    expect(received).toBe(0)
    proxy.set({})
    await expect.poll(() => received).toBe(1000)
  })

  it('delays each way', async () => {
    const client = await dial()
    proxy.set({ delayMs: 60 })
    const begun = performance.now()
    client.write('x')
    await receive(client, 1)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(119)
  })

  it('lets no more through than its bandwidth', async () => {
    const client = await dial()
    proxy.set({ bytesPerSecond: 100_000 })
    const begun = performance.now()
    client.write('x'.repeat(20_000))
    await receive(client, 20_000)
    client.write('y')
    await receive(client, 1)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(190)
  })

  it('resets connections when it is cut, refuses new ones, and takes them again', async () => {
    const client = await dial()
    const broken = closed(client)
    proxy.set({ cut: true })
    await broken
    const refused = connect(proxy.port, proxy.host).on('error', () => undefined)
    await closed(refused)
    proxy.set({})
    const again = await dial()
    again.write('back')
    expect((await receive(again, 4)).toString()).toBe('back')
  })

  it('breaks the other side when the target breaks', async () => {
    const client = await dial()
    client.write('x')
    await receive(client, 1)
    const broken = closed(client)
    echo.close()
    await proxy.close()
    await broken
    expect(client.destroyed).toBe(true)
  })
})

import { once } from 'node:events'
import type { LiveServerMessage } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { openDashboard, type DashboardScenario } from '../dashboard-scenario.ts'

let dashboard: DashboardScenario
let sockets: WebSocket[]
beforeEach(async () => {
  sockets = []
  dashboard = await openDashboard()
})
afterEach(async () => {
  for (const socket of sockets) socket.terminate()
  await dashboard.close()
})

/** A connection, and how it was closed, once it is. */
async function connect(): Promise<{ socket: WebSocket; closed: Promise<[number, string]> }> {
  const socket = new WebSocket(`${dashboard.url.replace('http', 'ws')}/live`)
  sockets.push(socket)
  const closed = once(socket, 'close').then(([code, reason]) => [code as number, String(reason)] as [number, string])
  await once(socket, 'open')
  return { socket, closed }
}
const heartbeat = (socket: WebSocket) => new Promise<void>((heard) => {
  socket.on('message', (data) => { if ((JSON.parse(String(data)) as LiveServerMessage).op === 'heartbeat') heard() })
})

describe('ASVS 2.4.1, 4.4: what one may ask of a WebSocket', () => {
  it('100 connections of an address: one more is told why and when to come back, and comes in when another has gone', async () => {
    const open = await Promise.all(Array.from({ length: 100 }, connect))
    expect(await (await connect()).closed).toEqual([1013, 'too many connections; retry after 10 s'])
    open[0]!.socket.close()
    await open[0]!.closed
    // The server has seen it close when it has answered it.
    await heartbeat((await connect()).socket)
  })

  it('200 messages at once: then it is closed, with the time to wait', async () => {
    const { socket, closed } = await connect()
    for (let i = 0; i < 250; i++) socket.send('{"op":"resume"}')
    expect(await closed).toEqual([1013, 'too many messages; retry after 20 s'])
  })

  it('64 KiB a message', async () => {
    const { socket, closed } = await connect()
    socket.send('x'.repeat(64 * 1024 + 1))
    expect((await closed)[0]).toBe(1009)
  })

  it('50 subscriptions a page: one more is a problem, and the others go on', async () => {
    const { socket } = await connect()
    const problem = new Promise<LiveServerMessage>((found) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as LiveServerMessage
        if (message.op === 'problem') found(message)
      })
    })
    for (let id = 1; id <= 51; id++) socket.send(JSON.stringify({ op: 'subscribe', id, channel: { kind: 'workflows' } }))
    expect(await problem).toMatchObject({ id: 51, problem: { code: 'BAD_REQUEST', detail: 'at most 50 subscriptions' } })
  })
})

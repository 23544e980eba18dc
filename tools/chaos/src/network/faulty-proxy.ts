import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { flowFrom } from './flow.ts'

/** What a line does to what passes over it; absent: nothing. */
export interface LineFault {
  /** Milliseconds that each way takes longer. */
  delayMs?: number
  /** Of each way of each connection. */
  bytesPerSecond?: number
  /** Nothing passes, and connections stay. */
  held?: boolean
  /** Connections are reset, and new ones refused. */
  cut?: boolean
}

export interface FaultyProxy {
  readonly host: string
  readonly port: number
  /** From now on, also for connections that stand; `{}` heals. */
  set(fault: LineFault): void
  connections(): number
  close(): Promise<void>
}

/** A TCP proxy between services and what they depend on, whose line can be bad. It knows nothing of what it carries. */
export async function startFaultyProxy(target: { host: string; port: number }, options: { port?: number; host?: string } = {}): Promise<FaultyProxy> {
  const pairs = new Set<Pair>()
  let fault: LineFault = {}
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (fault.cut) return void client.resetAndDestroy()
    const pair = join(client, connect({ ...target, allowHalfOpen: true, noDelay: true }), () => fault)
    pairs.add(pair)
    void pair.ended.then(() => pairs.delete(pair))
  })
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    set(next) {
      fault = next
      for (const pair of pairs) {
        if (next.cut) pair.reset()
        else pair.changed()
      }
    },
    connections: () => pairs.size,
    async close() {
      for (const pair of pairs) pair.reset()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Pair {
  readonly ended: Promise<void>
  changed(): void
  reset(): void
}

function join(client: Socket, server: Socket, fault: () => LineFault): Pair {
  const flows = [flowFrom(client, server, fault), flowFrom(server, client, fault)]
  const reset = () => {
    for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy()
  }
  const closed = [client, server].map((socket) => new Promise<void>((resolve) => {
    // A line that breaks on one side breaks on the other; an end in order travels with the bytes.
    socket.on('error', reset)
    socket.once('close', resolve)
  }))
  return {
    ended: Promise.all(closed).then(() => undefined),
    changed: () => { for (const flow of flows) flow.changed() },
    reset,
  }
}

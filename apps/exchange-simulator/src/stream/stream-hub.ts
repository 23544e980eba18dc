import type { Channel, Publish } from '../live/live-symbol.ts'
import { strikesStream, type FaultedStream, type FrameFault } from '../stream-faults.ts'
import type { StreamConnection } from './stream-connection.ts'
import type { StreamName } from './stream-name.ts'

interface Listener extends FaultedStream {
  readonly connection: StreamConnection
}

/** Who listens to what. */
export class StreamHub {
  readonly connections = new Set<StreamConnection>()
  sent = 0
  readonly #listeners = new Map<string, Map<string, Listener>>()
  readonly #keys = new Map<StreamConnection, string>()
  #opened = 0

  get listening(): boolean {
    return this.#listeners.size > 0
  }

  readonly publish: Publish = (symbol, channel, makePayload) => {
    const listeners = this.#listeners.get(`${symbol}@${channel}`)
    if (!listeners) return
    const payload = makePayload()
    for (const listener of listeners.values()) listener.connection.sendFrame(listener, payload)
  }

  open(connection: StreamConnection): void {
    this.connections.add(connection)
    this.#keys.set(connection, String(this.#opened++))
  }

  close(connection: StreamConnection): void {
    this.connections.delete(connection)
  }

  subscribe(connection: StreamConnection, { name, symbol, channel }: StreamName): void {
    const key = keyOf(symbol, channel)
    const listeners = this.#listeners.get(key) ?? new Map<string, Listener>()
    listeners.set(this.#listenerKey(connection, name), { connection, stream: name, symbol })
    this.#listeners.set(key, listeners)
  }

  unsubscribe(connection: StreamConnection, { name, symbol, channel }: StreamName): void {
    const key = keyOf(symbol, channel)
    const listeners = this.#listeners.get(key)
    listeners?.delete(this.#listenerKey(connection, name))
    if (listeners?.size === 0) this.#listeners.delete(key)
  }

  /** Runs what publishes much; frames of each connection leave together afterwards. */
  batch(run: () => void): void {
    const raws = [...this.connections].map(({ raw }) => raw)
    for (const raw of raws) raw.cork()
    try {
      run()
    } finally {
      for (const raw of raws) raw.uncork()
    }
  }

  /** Bytes that wait for the slowest client. */
  mostBuffered(): number {
    let most = 0
    for (const connection of this.connections) most = Math.max(most, connection.buffered)
    return most
  }

  /** Cuts the connections that have a stream which the fault is about. */
  readonly cutNow = (fault: FrameFault): void => {
    for (const connection of [...this.connections]) {
      const anyStream = fault.stream === undefined && fault.symbol === undefined
      const struck = [...connection.streams.values()].some((stream) => stream && strikesStream(fault, { stream: stream.name, symbol: stream.symbol }))
      if (anyStream || struck) connection.cut()
    }
  }

  #listenerKey(connection: StreamConnection, name: string): string {
    return `${this.#keys.get(connection)} ${name}`
  }
}

const keyOf = (symbol: string, channel: Channel) => `${symbol}@${channel}`

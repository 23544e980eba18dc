import type { Channel, Publish } from '../live/live-symbol.ts'
import { strikesStream, type FaultedStream, type FrameFault } from '../stream-faults.ts'
import type { StreamConnection } from './stream-connection.ts'
import type { StreamName } from './stream-name.ts'

interface Listener extends FaultedStream {
  readonly connection: StreamConnection
}

/** What is told of one symbol on one channel. */
interface Stream {
  readonly listeners: Map<string, Listener>
  /** Frames that had a listener, whatever became of them on the line. */
  told: number
}

/** Who listens to what. */
export class StreamHub {
  readonly connections = new Set<StreamConnection>()
  sent = 0
  readonly #streams = new Map<string, Stream>()
  readonly #keys = new Map<StreamConnection, string>()
  #opened = 0
  #listening = 0

  get listening(): boolean {
    return this.#listening > 0
  }

  readonly publish: Publish = (symbol, channel, makePayload) => {
    const stream = this.#streams.get(`${symbol}@${channel}`)
    if (!stream || stream.listeners.size === 0) return
    stream.told++
    const payload = makePayload()
    for (const listener of stream.listeners.values()) listener.connection.sendFrame(listener, payload)
  }

  /** Frames that had a listener, by symbol and channel, such as `BTCUSDT@aggTrade`. */
  told(): Record<string, number> {
    return Object.fromEntries([...this.#streams].map(([key, { told }]) => [key, told]))
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
    const stream = this.#streams.get(key) ?? { listeners: new Map<string, Listener>(), told: 0 }
    const before = stream.listeners.size
    stream.listeners.set(this.#listenerKey(connection, name), { connection, stream: name, symbol })
    this.#listening += stream.listeners.size - before
    this.#streams.set(key, stream)
  }

  unsubscribe(connection: StreamConnection, { name, symbol, channel }: StreamName): void {
    const key = keyOf(symbol, channel)
    if (this.#streams.get(key)?.listeners.delete(this.#listenerKey(connection, name))) this.#listening--
  }

  /** Runs what publishes much; frames of each connection leave together afterwards. */
  batch(run: () => void): void {
    const connections = [...this.connections]
    for (const connection of connections) connection.beginBatch()
    try {
      run()
    } finally {
      for (const connection of connections) connection.endBatch()
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

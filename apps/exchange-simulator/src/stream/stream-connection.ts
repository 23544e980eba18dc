import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Faults } from '../faults.ts'
import type { FaultedStream } from '../stream-faults.ts'
import { FaultyLine } from './faulty-line.ts'
import { FrameBatch } from './frame-batch.ts'
import { parseStreamName, type StreamName } from './stream-name.ts'
import { mostStreams, parseStreamRequest, StreamRequestError, type StreamRequest } from './stream-request.ts'

export interface StreamLimits {
  /** Messages, pings and pongs a second from a client, beyond which it is cut off; 0 for none. Default 5. */
  readonly messagesPerSecond?: number
  /** Connection attempts in five minutes and address; 0 for none. Default 300. */
  readonly connectionAttempts?: number
  /** Between two pings, milliseconds. Default 20,000. */
  readonly pingMs?: number
  /** A ping unanswered for so long ends the connection. Default 60,000. */
  readonly pongTimeoutMs?: number
  /** How long a connection may live. Default 24 hours. */
  readonly lifetimeMs?: number
  /** Bytes that may wait for a slow client before it is cut off. Default 64 MiB. */
  readonly mostBuffered?: number
}

export interface StreamConnectionOptions {
  readonly socket: WebSocket
  /** Under the WebSocket; many frames are written to it together. */
  readonly raw: Duplex
  readonly combined: boolean
  readonly faults: Faults
  readonly limits: Required<StreamLimits>
  readonly wait: (ms: number) => Promise<void>
  readonly subscribe: (connection: StreamConnection, streams: readonly StreamName[]) => Promise<void>
  readonly unsubscribe: (connection: StreamConnection, stream: StreamName) => void
  readonly onSent: () => void
  readonly onError: (error: unknown) => void
}

/** One client: its streams, its requests, and the venue's patience with it. */
export class StreamConnection {
  /** By name; undefined where the venue has no such stream: like Binance, it takes the name and sends nothing. */
  readonly streams = new Map<string, StreamName | undefined>()
  readonly #options: StreamConnectionOptions
  readonly #socket: WebSocket
  readonly #line: FaultyLine
  readonly #timers: NodeJS.Timeout[]
  /** Frames that leave together, while many are written. */
  #batch: FrameBatch | undefined
  readonly #frames = new FrameBatch()
  #combined: boolean
  #requests: Promise<void> = Promise.resolve()
  #second = 0
  #messages = 0
  #pingedAt: number | undefined

  constructor(options: StreamConnectionOptions) {
    this.#options = options
    this.#socket = options.socket
    this.#combined = options.combined
    this.#line = new FaultyLine({ send: (text) => this.#write(text), cut: () => this.cut(), wait: options.wait, random: options.faults.random })
    const { pingMs, pongTimeoutMs, lifetimeMs } = options.limits
    this.#timers = [
      setInterval(() => this.#ping(), pingMs),
      setInterval(() => this.#endIfSilent(), Math.max(10, Math.min(pingMs, pongTimeoutMs) / 4)),
      setTimeout(() => this.#socket.close(1001, 'connection lifetime reached'), Math.min(lifetimeMs, 2 ** 31 - 1)),
    ]
    this.#listen()
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** Bytes on their way. */
  get buffered(): number {
    return this.#socket.bufferedAmount + this.#frames.bytes
  }

  /** Frames are gathered from here on, and leave together at the end of the batch, which is near: nothing else may be sent meanwhile. */
  beginBatch(): void {
    this.#batch = this.#frames
  }

  endBatch(): void {
    this.#batch = undefined
    if (this.#frames.bytes === 0) return
    const frames = this.#frames.take()
    if (this.isOpen) this.#options.raw.write(frames)
  }

  /** As if the network had gone: without a closing frame. */
  cut(): void {
    // What was written before it was on its way already.
    this.endBatch()
    this.#socket.terminate()
  }

  sendFrame(stream: FaultedStream, payload: string): void {
    const text = this.#combined ? `{"stream":"${stream.stream}","data":${payload}}` : payload
    if (this.#options.faults.touchFrames()) this.#line.transmit(text, this.#options.faults.forFrame(stream))
    else if (this.#line.isClear) this.#write(text)
    else this.#line.transmit(text, [])
  }

  /** Takes streams, which begin together; those beyond the limit are refused together. @throws StreamRequestError */
  async add(names: readonly string[], id?: StreamRequest['id']): Promise<void> {
    const added = names.filter((name) => !this.streams.has(name))
    if (this.streams.size + new Set(added).size > mostStreams) {
      throw new StreamRequestError(2, `Invalid request: a connection has at most ${mostStreams} streams`, id)
    }
    for (const name of added) this.streams.set(name, parseStreamName(name))
    await this.#options.subscribe(this, added.map((name) => this.streams.get(name)).filter((stream) => stream !== undefined))
  }

  #write(text: string): void {
    if (!this.isOpen) return
    if (this.#batch) this.#batch.add(text)
    else this.#socket.send(text)
    this.#options.onSent()
    if (this.buffered > this.#options.limits.mostBuffered) this.cut()
  }

  #listen(): void {
    this.#socket.on('message', (data) => {
      if (this.#tooMany()) return
      this.#requests = this.#requests.then(() => this.#answer(data)).catch(this.#options.onError)
    })
    this.#socket.on('ping', (data) => {
      if (!this.#tooMany() && this.isOpen && !this.#options.faults.forConnection('ws_no_pong')) this.#socket.pong(data)
    })
    this.#socket.on('pong', () => {
      this.#pingedAt = undefined
      this.#tooMany()
    })
    this.#socket.on('error', () => this.cut())
    this.#socket.on('close', () => {
      for (const timer of this.#timers) clearTimeout(timer)
      for (const stream of this.streams.values()) if (stream) this.#options.unsubscribe(this, stream)
    })
  }

  /** Counts one message of the client, and ends the connection with the sixth of a second. */
  #tooMany(): boolean {
    const { messagesPerSecond } = this.#options.limits
    const second = Math.floor(performance.now() / 1000)
    this.#messages = second === this.#second ? this.#messages + 1 : 1
    this.#second = second
    if (messagesPerSecond === 0 || this.#messages <= messagesPerSecond) return false
    this.#socket.close(1008, 'Too many requests')
    return true
  }

  async #answer(data: RawData): Promise<void> {
    try {
      const result = await this.#carryOut(parseStreamRequest((data as Buffer).toString()))
      if (this.isOpen) this.#socket.send(JSON.stringify(result))
    } catch (error) {
      if (!(error instanceof StreamRequestError)) throw error
      if (this.isOpen) this.#socket.send(error.answer)
    }
  }

  async #carryOut(request: StreamRequest): Promise<{ result: unknown; id: StreamRequest['id'] }> {
    const { method, id } = request
    switch (method) {
      case 'SUBSCRIBE':
        await this.add(request.streams, id)
        return { result: null, id }
      case 'UNSUBSCRIBE':
        for (const name of request.streams) this.#remove(name)
        return { result: null, id }
      case 'LIST_SUBSCRIPTIONS': return { result: [...this.streams.keys()], id }
      case 'GET_PROPERTY': return { result: this.#combined, id }
      case 'SET_PROPERTY':
        this.#combined = request.combined
        return { result: null, id }
      default: return method satisfies never
    }
  }

  #remove(name: string): void {
    const stream = this.streams.get(name)
    this.streams.delete(name)
    if (stream) this.#options.unsubscribe(this, stream)
  }

  #ping(): void {
    if (!this.isOpen || this.#options.faults.forConnection('ws_no_ping')) return
    this.#pingedAt ??= performance.now()
    this.#socket.ping(String(Date.now()))
  }

  #endIfSilent(): void {
    if (this.#pingedAt !== undefined && performance.now() - this.#pingedAt >= this.#options.limits.pongTimeoutMs) this.cut()
  }
}

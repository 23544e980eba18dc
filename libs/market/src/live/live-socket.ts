import { toStreamForgeError, type StreamForgeError } from '@streamforge/contracts'
import { WebSocket } from 'ws'
import type { LiveFrame, LiveLimits, LiveVenue } from './live-venue.ts'

export interface LiveSocketOptions {
  venue: LiveVenue
  url: string
  limits: LiveLimits
  streams: readonly string[]
  /** Milliseconds since the epoch: the receipt time of frames. */
  now: () => number
  onFrame: (frame: LiveFrame, receivedAt: number, bytes: number) => void
  onBadFrame: (error: StreamForgeError) => void
  /** Every stream was accepted or refused. */
  onSubscribed: () => void
  onRefused: (stream: string, error: StreamForgeError) => void
  /** Once, at the end, whoever ended it. */
  onClosed: (reason: string) => void
}

export interface LiveSocket {
  readonly openedAt: number
  /** Stops reading: the venue's frames then wait in the network. */
  pause(): void
  resume(): void
  unsubscribe(streams: readonly string[]): void
  close(reason: string): void
}

const CONNECT_TIMEOUT_MS = 10_000
const ANSWER_TIMEOUT_MS = 15_000
/** A frame of a hostile or broken server must not fill the memory. */
const MAX_FRAME_BYTES = 8 * 1024 * 1024
/** So many frames in a row that cannot be read, and the connection counts as broken. */
const BAD_FRAMES_IN_A_ROW = 20

/** One connection to a venue: subscribes within its limits, watches that it lives, and reads its frames. It never connects again. */
export function openLiveSocket(options: LiveSocketOptions): LiveSocket {
  const { venue, limits } = options
  const socket = new WebSocket(options.url, { perMessageDeflate: false, handshakeTimeout: CONNECT_TIMEOUT_MS, maxPayload: MAX_FRAME_BYTES })
  const outgoing = pacedMessages(socket, limits.messagesPerSecond)
  const subscriptions = subscribing(options, outgoing.send)
  const liveness = watchLiveness(limits, () => outgoing.send(undefined), () => close('silent'))
  const reading = readingInTurns(socket)
  let closed = false
  let badFrames = 0

  function close(reason: string): void {
    if (closed) return
    closed = true
    outgoing.end()
    subscriptions.end()
    liveness.end()
    // Its own error after this is expected and says nothing.
    socket.removeAllListeners('message')
    socket.terminate()
    options.onClosed(reason)
  }

  socket.on('open', () => {
    liveness.heard()
    subscriptions.begin(() => close('subscriptions not answered'))
  })
  socket.on('message', (data: Buffer) => {
    liveness.heard()
    reading.rest()
    const receivedAt = options.now()
    let frame: LiveFrame
    try {
      frame = venue.read(data.toString(), receivedAt)
    } catch (error) {
      options.onBadFrame(toStreamForgeError(error))
      if (++badFrames >= BAD_FRAMES_IN_A_ROW) close('unreadable frames')
      return
    }
    badFrames = 0
    if (frame.kind === 'answer') subscriptions.answer(frame.id, frame.error)
    else options.onFrame(frame, receivedAt, data.length)
  })
  socket.on('ping', liveness.heard)
  socket.on('pong', liveness.heard)
  socket.on('error', (error) => close(`failed: ${error.message}`))
  socket.on('close', (code) => close(`closed with code ${code}`))
  return {
    openedAt: performance.now(),
    pause() { reading.hold(true); liveness.suspend(true) },
    resume() { reading.hold(false); liveness.suspend(false) },
    unsubscribe: (streams) => outgoing.send(venue.unsubscribe(streams, subscriptions.nextId())),
    close,
  }
}

/**
 * Reads one piece of what has gathered in the network (64 KiB) in a turn of the event loop. Node would read up to 32 of them before timers and
 * acknowledgements have their turn: after a pause of the machine, frames would be old before the first of them is on its way.
 */
function readingInTurns(socket: WebSocket) {
  let held = false
  let resting = false
  const goOn = () => {
    resting = false
    if (!held) socket.resume()
  }
  return {
    rest() {
      if (resting || held) return
      resting = true
      socket.pause()
      setImmediate(goOn)
    },
    hold(on: boolean) {
      held = on
      if (on) socket.pause()
      else if (!resting) socket.resume()
    },
  }
}

/** Sends texts, and pings (undefined), no faster than the venue allows; one message a second is left free for pongs. */
function pacedMessages(socket: WebSocket, perSecond: number) {
  const waiting: (string | undefined)[] = []
  const spacing = 1000 / Math.max(1, perSecond - 1)
  let timer: NodeJS.Timeout | undefined
  const sendNext = () => {
    timer = undefined
    if (waiting.length === 0 || socket.readyState !== WebSocket.OPEN) return
    const message = waiting.shift()
    if (message === undefined) socket.ping()
    else socket.send(message)
    timer = setTimeout(sendNext, spacing)
  }
  return {
    send(message: string | undefined) {
      waiting.push(message)
      if (timer === undefined) sendNext()
    },
    end: () => clearTimeout(timer),
  }
}

/** Asks for all streams; where a message for several is refused, asks for each alone, so that a bad one harms no other. */
function subscribing(options: LiveSocketOptions, send: (message: string) => void) {
  const { venue, limits, streams, onRefused, onSubscribed } = options
  const pending = new Map<number, readonly string[]>()
  let lastId = 0
  let timeout: NodeJS.Timeout | undefined
  let complete = false
  const ask = (names: readonly string[]) => {
    pending.set(++lastId, names)
    send(venue.subscribe(names, lastId))
  }
  return {
    nextId: () => ++lastId,
    begin(onTimeout: () => void) {
      for (let i = 0; i < streams.length; i += limits.streamsPerMessage) ask(streams.slice(i, i + limits.streamsPerMessage))
      const pace = 1000 / Math.max(1, limits.messagesPerSecond - 1)
      timeout = setTimeout(onTimeout, ANSWER_TIMEOUT_MS + pending.size * pace)
    },
    answer(given: number | undefined, error: StreamForgeError | undefined) {
      const id = given ?? pending.keys().next().value
      const names = id === undefined ? undefined : pending.get(id)
      if (id === undefined || names === undefined) return
      pending.delete(id)
      if (error && names.length > 1) for (const name of names) ask([name])
      else if (error) onRefused(names[0]!, error)
      if (pending.size > 0 || complete) return
      complete = true
      clearTimeout(timeout)
      onSubscribed()
    },
    end: () => clearTimeout(timeout),
  }
}

/** Pings after a while without a byte, and gives the connection up when nothing answers. */
function watchLiveness({ pingAfterMs, deadAfterMs }: LiveLimits, ping: () => void, dead: () => void) {
  let heardAt = performance.now()
  let pinged = false
  let suspended = false
  const timer = setInterval(() => {
    if (suspended) return
    const idle = performance.now() - heardAt
    if (idle >= deadAfterMs) dead()
    else if (idle >= pingAfterMs && !pinged) {
      pinged = true
      ping()
    }
  }, Math.max(5, pingAfterMs / 4))
  timer.unref()
  const heard = () => {
    heardAt = performance.now()
    pinged = false
  }
  return {
    heard,
    /** While we do not read we cannot hear. */
    suspend(on: boolean) {
      suspended = on
      heard()
    },
    end: () => clearInterval(timer),
  }
}

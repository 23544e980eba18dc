import type { LiveSymbol } from './live-symbol.ts'
import { depthIds, eventTimeOf, tradeOf, type RecordedFrame, type Recording, type RecordedSnapshot } from './recorded-frames.ts'
import { toUnits } from './units.ts'
import type { VenueBook } from './venue-book.ts'

/** Plays a recording, frame by frame, into the symbols that it is of. Who calls decides how fast. */
export class Replay {
  position = 0
  /** The venue's clock: past everything told so far. */
  now: number
  readonly #frames: readonly RecordedFrame[]
  readonly #symbols: ReadonlyMap<string, LiveSymbol>

  constructor(recording: Recording, symbols: ReadonlyMap<string, LiveSymbol>) {
    this.#frames = recording.frames
    this.#symbols = symbols
    this.now = startOf(recording)
  }

  get ended(): boolean {
    return this.position >= this.#frames.length
  }

  /** Milliseconds of the recording before the next frame. */
  get nextOffset(): number {
    return (this.#frames[this.position]?.receivedAt ?? Infinity) - (this.#frames[0]?.receivedAt ?? 0)
  }

  step(): void {
    const frame = this.#frames[this.position++]
    const live = frame && this.#symbols.get(frame.symbol)
    if (!live) return
    const time = eventTimeOf(frame.payload) ?? this.now - 1
    this.now = Math.max(this.now, time + 1)
    if (frame.channel === 'bookTicker') {
      live.pass(time)
      live.tellTicker(frame.payload)
    } else if (frame.channel === 'depth') {
      live.pass(time)
      applyDepth(live.book, frame.payload)
      live.tellRawDepth(frame.payload)
    } else live.addTrade(tradeOf(frame), time, frame.channel === 'trade' ? frame.payload : undefined)
  }
}

/** The instant of the first frame that tells one. */
export function startOf({ frames }: Recording): number {
  for (const { payload } of frames) {
    const time = eventTimeOf(payload)
    if (time !== undefined) return time
  }
  return 0
}

function applyDepth(book: VenueBook, payload: string): void {
  const { finalId } = depthIds(payload)
  // A diff that the snapshot holds in part is applied whole: quantities are absolute.
  if (finalId <= book.updateId) return
  const { b, a } = JSON.parse(payload) as { b: [string, string][]; a: [string, string][] }
  for (const [price, quantity] of b) book.change(finalId, toUnits(price), toUnits(quantity))
  for (const [price, quantity] of a) book.change(finalId, -toUnits(price), toUnits(quantity))
  book.pass(finalId)
}

export function* changesOf({ bids, asks }: RecordedSnapshot): Generator<readonly [number, number]> {
  for (const [price, quantity] of bids) yield [toUnits(price), toUnits(quantity)]
  for (const [price, quantity] of asks) yield [-toUnits(price), toUnits(quantity)]
}

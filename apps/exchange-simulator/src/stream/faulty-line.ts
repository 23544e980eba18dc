import type { FrameFault } from '../stream-faults.ts'

export interface FaultyLineOptions {
  readonly send: (text: string) => void
  readonly cut: () => void
  readonly wait: (ms: number) => Promise<void>
  readonly random: () => number
}

/** Held back for others to overtake, it goes out at the latest after this, lest a quiet stream keep it for ever. */
const longestHoldMs = 1000

interface HeldFrame {
  readonly text: string
  left: number
}

/** The way of frames to one client, with what happens to them on it. */
export class FaultyLine {
  readonly #options: FaultyLineOptions
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0
  #held: HeldFrame[] = []

  constructor(options: FaultyLineOptions) {
    this.#options = options
  }

  /** True when every frame goes straight out: nothing waits that it must not overtake. */
  get isClear(): boolean {
    return this.#waiting === 0 && this.#held.length === 0
  }

  transmit(text: string, faults: readonly FrameFault[]): void {
    const has = (kind: FrameFault['kind']) => faults.some((fault) => fault.kind === kind)
    if (has('ws_cut')) {
      this.#options.cut()
      return
    }
    if (has('ws_drop')) return
    if (has('ws_garbage')) this.#send(this.#garbage(), 0)
    const shown = has('ws_truncate') ? text.slice(0, Math.floor(text.length / 2)) : text
    let delayMs = 0
    let by = 0
    let copies = 1
    for (const fault of faults) {
      if (fault.kind === 'ws_delay') delayMs += fault.delay_ms
      else if (fault.kind === 'ws_reorder') by += fault.by
      else if (fault.kind === 'ws_duplicate') copies += fault.times
    }
    for (let k = 0; k < copies; k++) {
      if (by > 0) this.#hold(shown, by)
      else this.#send(shown, delayMs)
    }
    if (by === 0) this.#overtaken()
  }

  #send(text: string, delayMs: number): void {
    if (delayMs === 0 && this.#waiting === 0) {
      this.#options.send(text)
      return
    }
    this.#waiting++
    const due = performance.now() + delayMs
    this.#tail = this.#tail.then(async () => {
      const left = due - performance.now()
      if (delayMs > 0 && left > 0) await this.#options.wait(left)
      this.#waiting--
      this.#options.send(text)
    })
  }

  #hold(text: string, by: number): void {
    const frame = { text, left: by }
    this.#held.push(frame)
    void this.#options.wait(longestHoldMs).then(() => {
      if (!this.#held.includes(frame)) return
      this.#held = this.#held.filter((held) => held !== frame)
      this.#send(text, 0)
    })
  }

  #overtaken(): void {
    for (const frame of this.#held) frame.left--
    const due = this.#held.filter((frame) => frame.left <= 0)
    if (due.length === 0) return
    this.#held = this.#held.filter((frame) => frame.left > 0)
    for (const { text } of due) this.#send(text, 0)
  }

  #garbage(): string {
    const length = 1 + Math.floor(this.#options.random() * 40)
    return Array.from({ length }, () => String.fromCharCode(33 + Math.floor(this.#options.random() * 94))).join('')
  }
}

export interface BufferLimits {
  /** Events and bytes of frames from which on the sockets are no longer read; they are again at half of both. */
  events: number
  bytes: number
}

/** Events between the sockets and whoever takes them, in order, with a bound that asks the sockets to wait: nothing is ever dropped here. */
export class EventBuffer<E> {
  private events: E[] = []
  private bytes = 0
  private full = false
  private ended = false
  private wake: (() => void) | undefined
  private readonly limits: BufferLimits
  private readonly onFull: (full: boolean) => void

  constructor(limits: BufferLimits, onFull: (full: boolean) => void) {
    this.limits = limits
    this.onFull = onFull
  }

  get isFull(): boolean {
    return this.full
  }

  push(event: E, bytes = 0): void {
    this.events.push(event)
    this.bytes += bytes
    this.wake?.()
    if (!this.full && (this.events.length >= this.limits.events || this.bytes >= this.limits.bytes)) {
      this.full = true
      this.onFull(true)
    }
  }

  /** What is in it is still handed out. */
  end(): void {
    this.ended = true
    this.wake?.()
  }

  /** All events so far, as soon as there are any; undefined at the end. */
  async take(): Promise<E[] | undefined> {
    while (this.events.length === 0) {
      if (this.ended) return undefined
      await new Promise<void>((resolve) => { this.wake = resolve })
      this.wake = undefined
    }
    const { events } = this
    this.events = []
    this.bytes = 0
    if (this.full) {
      this.full = false
      this.onFull(false)
    }
    return events
  }
}

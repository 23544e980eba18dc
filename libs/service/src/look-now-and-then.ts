import { abortableDelay } from './abortable-delay.ts'

export interface LookingOptions {
  look: () => Promise<unknown>
  /** Milliseconds from the end of one look to the next. */
  everyMs: number
  /** A look failed; the next one comes all the same. */
  onFailure: (error: unknown) => void
  /** Whether the first look is made now, not after the first pause. */
  atOnce?: boolean
}

export interface Looking {
  /** Aborts when it is closed. */
  readonly closing: AbortSignal
  /** No look begins any more; resolves when the last one has ended. */
  close(): Promise<void>
}

/** Looks now and then, never twice at once, until it is closed. */
export function lookNowAndThen({ look, everyMs, onFailure, atOnce = false }: LookingOptions): Looking {
  const closing = new AbortController()
  const going = (async () => {
    if (!atOnce) await abortableDelay(everyMs, closing.signal)
    while (!closing.signal.aborted) {
      try {
        await look()
      } catch (error) {
        onFailure(error)
      }
      await abortableDelay(everyMs, closing.signal)
    }
  })()
  return {
    closing: closing.signal,
    async close() {
      closing.abort()
      await going
    },
  }
}

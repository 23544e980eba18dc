/**
 * Work that follows changes, at most once in `ms` however many there are: at the next multiple of `ms` on the clock, so that what several channels
 * gather goes out together, and a page draws it together.
 */
export function gather(ms: number | (() => number), work: () => void, now: () => number = Date.now): { touch(): void; close(): void } {
  let timer: NodeJS.Timeout | undefined
  return {
    touch() {
      if (timer) return
      const every = typeof ms === 'number' ? ms : ms()
      timer = setTimeout(() => {
        timer = undefined
        work()
      }, every - now() % every)
    },
    close: () => clearTimeout(timer),
  }
}

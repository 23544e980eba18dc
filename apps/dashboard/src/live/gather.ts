/** Work that follows changes, at most once in `ms` however many there are. */
export function gather(ms: number, work: () => void): { touch(): void; close(): void } {
  let timer: NodeJS.Timeout | undefined
  return {
    touch: () => {
      timer ??= setTimeout(() => {
        timer = undefined
        work()
      }, ms)
    },
    close: () => clearTimeout(timer),
  }
}

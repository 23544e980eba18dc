/** Calls of `work` one after another, in the order of the calls, whatever became of those before. */
export function oneAtATime<A extends unknown[]>(work: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return (...args) => {
    const own = last.then(() => work(...args))
    last = own.catch(() => undefined)
    return own
  }
}

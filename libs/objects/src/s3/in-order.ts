/** What `work` makes of each, in the order given, while up to `atOnce` are under way. */
export async function* inOrder<T, R>(given: AsyncIterable<T>, atOnce: number, work: (one: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  for await (const one of given) {
    const result = work(one)
    // Its failure is thrown in its turn.
    result.catch(() => undefined)
    running.push(result)
    if (running.length >= atOnce) yield await running.shift()!
  }
  for (const result of running) yield await result
}

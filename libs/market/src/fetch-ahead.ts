/**
 * Runs tasks up to `ahead` at a time and yields their results in order: the next pages are on their way while one is being
 * worked on, and no more than `ahead` are ever held.
 */
export async function* fetchAhead<T>(tasks: Iterable<() => Promise<T>>, ahead: number): AsyncGenerator<T> {
  const running: Promise<T>[] = []
  for (const task of tasks) {
    const result = task()
    // It is awaited later; until then its failure must not count as unhandled.
    result.catch(() => undefined)
    running.push(result)
    if (running.length >= ahead) yield await running.shift()!
  }
  for (const result of running) yield await result
}

import { setTimeout as delay } from 'node:timers/promises'

const giveUpMs = 120_000

/** Waits until `condition` holds; rejects after two minutes, naming what did not come. */
export async function until(what: string, condition: () => Promise<boolean>, timeoutMs = giveUpMs): Promise<void> {
  const giveUp = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > giveUp) throw new Error(`${what} was not ready after ${timeoutMs / 1000} s`)
    await delay(100)
  }
}

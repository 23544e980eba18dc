import { toStreamForgeError } from '@streamforge/contracts'
import { abortableDelay, type ServiceContext } from '@streamforge/service'

const longestWaitMs = 10_000

/**
 * Repeats what may succeed later (a store or a broker that is away) until it does.
 * @throws what cannot be mended by waiting; the last failure once `signal` has aborted
 */
export function insistence({ log, signal, random }: Pick<ServiceContext<unknown>, 'log' | 'signal' | 'random'>) {
  return async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    for (let failures = 0; ; failures++) {
      try {
        return await work()
      } catch (thrown) {
        const error = toStreamForgeError(thrown)
        if (!error.retryable || error.code === 'INTERNAL' || signal.aborted) throw thrown
        log.warn({ err: error, what }, 'failed, trying again')
        await abortableDelay(Math.min(longestWaitMs, 200 * 2 ** failures) * (0.5 + random()), signal)
        if (signal.aborted) throw thrown
      }
    }
  }
}

import { type CoverageCertificate, StreamForgeError } from '@streamforge/contracts'
import { abortableDelay, WorkStopped } from '@streamforge/service'
import { certificateTurns } from './certificate-turns.ts'
import { type DrainOptions, openStream, type Stream } from './drain-stream.ts'
import { isComplete } from './stream-completion.ts'

export interface FollowOptions extends DrainOptions {
  /** Milliseconds between certificates; default 60,000. They come less often where they take long. */
  certifyMs?: number
  /** Milliseconds for storing what is on the topic yet, once this worker has been told to stop; default 8000. */
  drainMs?: number
}

const turns = certificateTurns()

/**
 * Consumes live data into the store, certifying what is there every now and then, until its loader has ended with its markers on
 * the topic, or this worker is told to stop: then it stores what is left, certifies and resolves with the last certificate.
 * @throws WorkStopped when it is replaced or terminated: somebody else goes on
 */
export async function followStream(
  options: FollowOptions, certify: (signal: AbortSignal) => Promise<CoverageCertificate>,
): Promise<CoverageCertificate> {
  const { signal, pollMs = 200, idleMs = 5_000, certifyMs = 60_000 } = options
  const stream = await openStream(options)
  const leave = turns.enter()
  try {
    let nextCertificate = performance.now() + certifyMs
    let nextLook = performance.now() + idleMs
    for (;;) {
      if (signal.aborted) {
        await drainBeforeStop(stream, options)
        break
      }
      // A loader that was stopped before it had begun writes no markers.
      const lookAnyway = performance.now() >= nextLook && stream.idleFor() >= idleMs
      if (lookAnyway) nextLook = performance.now() + idleMs
      if (await hasEnded(stream, lookAnyway)) break
      if (performance.now() >= nextCertificate) {
        // A stop ends the certificate under way: a new one follows.
        const certified = turns.take(certifyMs, () => certify(signal).catch(unlessStopped(signal)))
        await Promise.race([stream.ended, certified])
        if (certified) nextCertificate = performance.now() + await certified
      }
      await Promise.race([stream.ended, abortableDelay(pollMs, signal)])
    }
  } finally {
    leave()
    await stream.close()
  }
  return certify(new AbortController().signal)
}

/** Markers alone do not end live data, for a loader that was restarted goes on after them: they say when its word is worth asking for. */
async function hasEnded(stream: Stream, lookAnyway: boolean): Promise<boolean> {
  if (!lookAnyway && !isComplete(stream.idleFor() > 1000 ? await stream.refresh() : stream.known())) return false
  const status = await stream.loaderStatus()
  // The loader is asked before the topic: what it sent before it ended is on the topic by then.
  return (status === 'stopped' || status === 'finished') && await stream.drained()
}

async function drainBeforeStop(stream: Stream, { signal, pollMs = 200, drainMs = 8_000 }: FollowOptions): Promise<void> {
  const reason: unknown = signal.reason
  if (!(reason instanceof WorkStopped) || reason.stop.kind !== 'stopped') throw reason
  const never = new AbortController().signal
  const until = performance.now() + drainMs
  while (performance.now() < until && !await stream.drained()) {
    await Promise.race([stream.ended, abortableDelay(Math.min(pollMs, 50), never)])
  }
}

const unlessStopped = (signal: AbortSignal) => (error: unknown) => {
  if (!signal.aborted && !(error instanceof StreamForgeError && error.retryable)) throw error
}

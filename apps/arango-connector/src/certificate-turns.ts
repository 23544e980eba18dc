/** A certificate reads everything stored: all live queues of a process together may take this part of the time for those under way. */
const pausesPerCertificate = 20

/** Certificates under way of the live queues of one process: one at a time, and the longer they take the less often. */
export interface CertificateTurns {
  /** A queue that is certified now and then; returns its leaving. */
  enter(): () => void
  /**
   * Certifies, unless another queue does so just now (undefined then). Resolves with the milliseconds after which this queue may do so again, at
   * least `leastMs`.
   */
  take(leastMs: number, certify: () => Promise<unknown>): Promise<number> | undefined
}

export function certificateTurns(clock: () => number = () => performance.now()): CertificateTurns {
  let queues = 0
  let taken = false
  const certifyNow = async (leastMs: number, certify: () => Promise<unknown>) => {
    taken = true
    const begun = clock()
    try {
      await certify()
    } finally {
      taken = false
    }
    return Math.max(leastMs, pausesPerCertificate * queues * (clock() - begun))
  }
  return {
    enter() {
      queues++
      return () => void queues--
    },
    take: (leastMs, certify) => (taken ? undefined : certifyNow(leastMs, certify)),
  }
}

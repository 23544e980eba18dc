import { useState } from 'react'

export interface Attempt {
  /** Whether what was asked for still goes on. */
  busy: boolean
  /** Why the last one failed; undefined while the next one goes on. */
  error: unknown
  attempt: (work: () => Promise<unknown>) => Promise<void>
}

/** One thing at a time that a person asked for, and what became of it: for a ProblemNote and a button that is off meanwhile. */
export function useAttempt(): Attempt {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true)
    setError(undefined)
    try {
      await work()
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, attempt }
}

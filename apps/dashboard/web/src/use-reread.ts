import { useCallback, useEffect, useState } from 'react'
import { getJson } from './api.ts'

/** Something read again and again while it is shown; the last answer stays when one fails. */
export function useReread<T>(path: string, everyMs: number): { data: T | undefined; error: unknown; reread: () => void } {
  const [state, setState] = useState<{ data?: T; error?: unknown }>({})
  const read = useCallback((signal?: AbortSignal) => getJson<T>(path, signal).then(
    (data) => setState({ data }), (error: unknown) => { if (!signal?.aborted) setState((before) => ({ ...before, error })) }), [path])
  useEffect(() => {
    const abort = new AbortController()
    setState({})
    void read(abort.signal)
    const timer = setInterval(() => { if (!document.hidden) void read(abort.signal) }, everyMs)
    return () => {
      abort.abort()
      clearInterval(timer)
    }
  }, [read, everyMs])
  return { data: state.data, error: state.error, reread: () => void read() }
}

import { useEffect, useState } from 'react'
import { useConnection } from '../live/use-live.ts'
import { formatDuration, formatLocalTime } from '../format.ts'

/** Says when what is shown may no longer be true, since when, and that it has been made good. */
export function ConnectionBanner() {
  const { status, since, behindMs, refused } = useConnection()
  const now = useNow(status === 'live' ? undefined : 1_000)
  const [caughtUp, setCaughtUp] = useState(false)
  const [wasLost, setWasLost] = useState(false)
  useEffect(() => {
    if (status === 'lost') setWasLost(true)
    if (status !== 'live' || !wasLost) return undefined
    setWasLost(false)
    setCaughtUp(true)
    const timer = setTimeout(() => setCaughtUp(false), 4_000)
    return () => clearTimeout(timer)
  }, [status, wasLost])
  const age = formatDuration((now - since) / 1_000)
  return (
    <div role="status" aria-live="polite">
      {refused && status !== 'live' && (
        <p className="banner banner-bad">
          <strong>The server takes no more from here:</strong> {refused.why}. {retryWords(refused.retryAt - now)} Close pages that you do not need; what is shown stands still until then.
        </p>
      )}
      {status === 'lost' && !refused && (
        <p className="banner banner-bad">
          <strong>Connection lost</strong> since {formatLocalTime(since)} ({age}). What you see is from then; it is caught up as soon as the server answers.
        </p>
      )}
      {status === 'stale' && <p className="banner banner-warn"><strong>Stale:</strong> nothing heard since {formatLocalTime(since)} ({age}).</p>}
      {status === 'behind' && (
        <p className="banner banner-warn">
          <strong>Catching up:</strong> {behindMs > 0 ? `what you see is ${formatDuration(behindMs / 1_000)} old` : 'some of what came was left out, and is being fetched'}. The connection or this device does not keep up.
        </p>
      )}
      {status === 'connecting' && now - since > 2_000 && <p className="banner banner-warn"><strong>Connecting</strong> for {age} …</p>}
      {status === 'live' && caughtUp && <p className="banner banner-good"><strong>Connected again:</strong> what was missed has been fetched.</p>}
    </div>
  )
}

const retryWords = (ms: number) => (ms > 0 ? `Tried again in ${Math.ceil(ms / 1_000)} s.` : 'Trying again now.')

export function ConnectionDot() {
  const { status } = useConnection()
  const text = { live: 'Live', behind: 'Catching up', stale: 'Stale', lost: 'Offline', connecting: 'Connecting' }[status]
  return <span className={`connection connection-${status}`}><span className="dot" aria-hidden="true" />{text}</span>
}

/** The time, renewed every `every` ms; standing still without. */
export function useNow(every: number | undefined): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (every === undefined) return undefined
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), every)
    return () => clearInterval(timer)
  }, [every])
  return now
}

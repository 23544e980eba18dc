import { useState } from 'react'
import { signOut, useSession } from './use-session.ts'

/** Name and role of who looks on, and the way out. Nothing where nobody signs in. */
export function WhoLooks() {
  const session = useSession()
  const [busy, setBusy] = useState(false)
  if (typeof session !== 'object' || !session.caller || session.ways.length === 0) return null
  const leave = () => {
    setBusy(true)
    signOut().catch(() => setBusy(false))
  }
  const { name, role } = session.caller
  return (
    <span className="who">
      <span className="who-name" title={`${name}, ${role}`}>{name} <span className="tag">{role}</span></span>
      {session.signed_in && <button type="button" className="link" disabled={busy} onClick={leave}>Sign out</button>}
    </span>
  )
}

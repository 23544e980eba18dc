import { useSyncExternalStore } from 'react'
import type { Role, SessionAnswer, SignOutAnswer } from '@streamforge/contracts'
import { getJson, onSignedOut, sendJson } from '../api.ts'
import { onConnection } from '../live/use-live.ts'
import { whyNot } from './may-do.ts'

/** `asking` at first; `unknown` when the server does not answer: what is there is shown then, as always. */
export type SessionState = SessionAnswer | 'asking' | 'unknown'

let state: SessionState = 'asking'
const listeners = new Set<() => void>()

async function ask(): Promise<void> {
  state = await getJson<SessionAnswer>('/api/session').catch(() => (typeof state === 'object' ? state : 'unknown' as const))
  for (const listener of listeners) listener()
}
void ask()
const mayHaveEnded = () => { if (typeof state === 'object' && state.caller && state.ways.length > 0) void ask() }
// A request was refused, or what is live has been cut off: the session may have ended.
onSignedOut(mayHaveEnded)
onConnection((status) => { if (status === 'lost') mayHaveEnded() })

export const useSession = (): SessionState => useSyncExternalStore((listener) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}, () => state)

/** Why who looks on may not do what needs a role; undefined: they may. */
export function useWhyNot(needs: Role): string | undefined {
  const session = useSession()
  return whyNot(typeof session === 'object' ? session.caller : undefined, needs)
}

/** Everything of the page was read as somebody: it is loaded anew. */
export async function signInByToken(token: string): Promise<void> {
  await sendJson('POST', '/api/session', { token })
  location.assign('/')
}

export async function signOut(): Promise<void> {
  const answer = await sendJson<SignOutAnswer>('DELETE', '/api/session')
  location.assign(answer?.end_session_url ?? '/')
}

import type { IncomingHttpHeaders } from 'node:http'
import { bearerToken, localOperator, type Access } from '@streamforge/access'
import { StreamForgeError, type Caller } from '@streamforge/contracts'
import { cookieValue } from './cookies.ts'
import type { Sessions } from './sessions.ts'

/** Who looks at the dashboard. */
export interface Visitor {
  caller: Caller
  /** That stands for the caller, at queue-manager too; absent where nobody signs in. */
  token?: string
  /** The secret of the session, for who has signed in. */
  session?: string
}

export interface Visitors {
  /**
   * By `authorization: Bearer`, otherwise by the session's cookie, otherwise the local operator where nobody signs in.
   * @throws StreamForgeError NOT_AUTHENTICATED, NOT_ALLOWED
   */
  of(headers: IncomingHttpHeaders): Promise<Visitor>
  /** Whether a visitor of a while ago is still one: not signed out, the token neither revoked nor expired. */
  stands(visitor: Visitor): Promise<boolean>
}

export function visitors({ access, sessions, cookie }: { access: Pick<Access, 'verify' | 'open'>; sessions: Sessions; cookie: string }): Visitors {
  const bySession = async (session: string): Promise<Visitor> => {
    const token = await sessions.token(session)
    return { caller: await access.verify(token), token, session }
  }
  const isGood = (token: string) => access.verify(token).then(() => true, (error: unknown) => {
    if (error instanceof StreamForgeError && error.status < 500) return false
    throw error
  })
  return {
    async of(headers) {
      const token = bearerToken(headers.authorization)
      if (token !== undefined) return { caller: await access.verify(token), token }
      const session = cookieValue(headers.cookie, cookie)
      if (session !== undefined) {
        // Whose session has ended looks on as anybody would.
        return bySession(session).catch((error: unknown) => {
          if (access.open && error instanceof StreamForgeError && error.code === 'NOT_AUTHENTICATED') return { caller: localOperator }
          throw error
        })
      }
      if (access.open) return { caller: localOperator }
      throw new StreamForgeError('NOT_AUTHENTICATED', 'nobody has signed in', { remedy: 'sign in' })
    },
    async stands({ session, token }) {
      if (session === undefined) return token === undefined || isGood(token)
      const content = await sessions.peek(session)
      // The issuer's own tokens are short-lived and made anew by requests; that there is a session is enough.
      return content !== undefined && (content.kind === 'issuer' || isGood(content.token))
    },
  }
}

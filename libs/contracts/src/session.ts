import { z } from 'zod'
import { Caller } from './access.ts'

/** GET /api/session of the dashboard: who looks at the page, and how one may sign in. */
export const SessionAnswer = z.strictObject({
  caller: Caller.nullable().describe('null: nobody has signed in, and somebody must'),
  signed_in: z.boolean().describe('Whether there is something to sign out of'),
  ways: z.array(z.enum(['issuer', 'token'])).describe('issuer: GET /sign-in leads to it. token: POST /api/session takes an API token. None where nobody signs in'),
})
export type SessionAnswer = z.infer<typeof SessionAnswer>

/** POST /api/session: sign in with an API token. */
export const TokenSignIn = z.strictObject({ token: z.string().min(1).max(200) })

/** DELETE /api/session */
export const SignOutAnswer = z.strictObject({ end_session_url: z.url().nullable().describe("Where the issuer ends its own session; null: it has none, or doesn't say") })
export type SignOutAnswer = z.infer<typeof SignOutAnswer>

/** GET /sign-in */
export const SignInQuery = z.strictObject({ to: z.string().max(500).regex(/^\/(?![/\\])[\x21-\x7e]*$/, 'a path of this site').default('/').describe('Where to go when signed in') })

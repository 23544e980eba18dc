import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import { IssuedTokens, type IssuerSignIn } from './issuer-sign-in.ts'
import type { SealedDocuments } from './sealed-documents.ts'

/** What a session stands on: the issuer's tokens, or an API token that a person typed in. */
export const SessionContent = z.discriminatedUnion('kind', [IssuedTokens, z.strictObject({ kind: z.literal('token'), token: z.string() })])
export type SessionContent = z.infer<typeof SessionContent>

export interface SessionLimits {
  /** Milliseconds without a request after which a session ends. */
  idleMs: number
  /** Milliseconds after which it ends however much it is used. */
  longestMs: number
}

export interface Sessions {
  /** Resolves with the secret that the browser keeps. Always a new one, whatever it had before. */
  begin(content: SessionContent): Promise<string>
  /**
   * The token that stands for who has signed in, made new where it is about to end.
   * @throws StreamForgeError NOT_AUTHENTICATED when there is no such session any more
   */
  token(secret: string): Promise<string>
  /** What it stands on, without counting as use; undefined when it has ended. */
  peek(secret: string): Promise<SessionContent | undefined>
  /** Ends it; resolves with what it stood on. */
  end(secret: string): Promise<SessionContent | undefined>
}

export interface SessionsParts {
  documents: SealedDocuments
  issuer: Pick<IssuerSignIn, 'refresh'> | undefined
  limits: SessionLimits
  now: () => number
}

/** An access token that ends sooner than this is not begun with any more, in milliseconds. */
const refreshAheadMs = 30_000

export function openSessions({ documents, issuer, limits, now }: SessionsParts): Sessions {
  /** Refreshings under way: the requests of one page come together, and a refresh token may be good for one use only. */
  const refreshing = new Map<string, Promise<string>>()
  const read = async (secret: string): Promise<SessionContent> => {
    const found = await documents.read(secret)
    const at = now()
    if (!found || at - found.seenAt >= limits.idleMs || at - found.createdAt >= limits.longestMs) {
      if (found) await documents.remove(secret)
      throw ended()
    }
    return SessionContent.parse(found.content)
  }
  const refresh = async (secret: string, content: IssuedTokens): Promise<string> => {
    if (!issuer) throw ended()
    const next = await issuer.refresh(content).catch(async (error: unknown) => {
      if (!(error instanceof StreamForgeError) || error.code !== 'NOT_AUTHENTICATED') throw error
      // Another replica of this server may have been first.
      const now = await read(secret)
      if (now.kind === 'issuer' && now.access_token !== content.access_token) return now
      await documents.remove(secret)
      throw ended()
    })
    if (next.access_token !== content.access_token) await documents.replace(secret, next)
    return next.access_token
  }
  return {
    begin: (content) => documents.create(content),
    async token(secret) {
      const content = await read(secret)
      await documents.touch(secret)
      if (content.kind === 'token') return content.token
      if (content.expires_at - now() > refreshAheadMs) return content.access_token
      const under = refreshing.get(secret) ?? refresh(secret, content).finally(() => refreshing.delete(secret))
      refreshing.set(secret, under)
      return under
    },
    peek: (secret) => read(secret).catch((error: unknown) => {
      if (error instanceof StreamForgeError && error.code === 'NOT_AUTHENTICATED') return undefined
      throw error
    }),
    async end(secret) {
      const found = await documents.read(secret)
      await documents.remove(secret)
      return found && SessionContent.parse(found.content)
    },
  }
}

const ended = () => new StreamForgeError('NOT_AUTHENTICATED', 'the session has ended', { remedy: 'sign in again' })

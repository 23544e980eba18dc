import { isApiToken } from '@streamforge/access'
import { SessionAnswer, SignInQuery, SignOutAnswer, StreamForgeError, TokenSignIn } from '@streamforge/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cookieValue, setCookie } from '../../session/cookies.ts'
import { callbackPath, StartedSignIn } from '../../session/issuer-sign-in.ts'
import type { SessionContent } from '../../session/sessions.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'

/** A person at the issuer comes back within this, in milliseconds. */
const signInMs = 600_000

/** Signing in and out, and who has. */
export function sessionRoutes(app: FastifyInstance, { signIn, log, now }: ServerParts): void {
  const { access, visitors, sessions, started, issuer, cookies, secure, limits } = signIn
  const config = { needs: 'public' } as const
  const keep = (reply: FastifyReply, name: string, value: string, maxAgeMs: number) =>
    reply.header('set-cookie', setCookie(name, value, { secure, maxAge: Math.floor(maxAgeMs / 1_000) }))

  /** A session of its own, whatever the browser brought along; the one before ends. */
  const begin = async (request: FastifyRequest, reply: FastifyReply, content: SessionContent) => {
    const before = cookieValue(request.headers.cookie, cookies.session)
    if (before !== undefined) await sessions.end(before)
    request.caller = await access.verify(content.kind === 'token' ? content.token : content.access_token)
    keep(reply, cookies.session, await sessions.begin(content), limits.longestMs)
    log.info({ caller: request.caller }, 'somebody has signed in')
    return request.caller
  }
  const ways = (): SessionAnswer['ways'] => (access.open ? [] : issuer ? ['issuer', 'token'] : ['token'])

  app.get('/api/session', { config }, async (request, reply) => {
    const visitor = await visitors.of(request.headers).catch((error: unknown) => {
      if (error instanceof StreamForgeError && error.status < 500) return undefined
      throw error
    })
    return answer(reply, SessionAnswer, { caller: visitor?.caller ?? null, signed_in: visitor?.session !== undefined, ways: ways() })
  })

  app.post('/api/session', { config }, async (request, reply) => {
    const { token } = checked(TokenSignIn, request.body, 'body')
    if (!isApiToken(token)) throw new StreamForgeError('NOT_AUTHENTICATED', 'this is no API token', { remedy: "it begins with 'stf_'; an admin makes one by streamforge token create" })
    const caller = await begin(request, reply, { kind: 'token', token })
    return answer(reply, SessionAnswer, { caller, signed_in: true, ways: ways() })
  })

  app.delete('/api/session', { config }, async (request, reply) => {
    const session = cookieValue(request.headers.cookie, cookies.session)
    const visitor = await visitors.of(request.headers).catch(() => undefined)
    request.caller = visitor?.caller ?? null
    const ended = session === undefined ? undefined : await sessions.end(session)
    keep(reply, cookies.session, '', 0)
    // Nothing of this session stays in the browser.
    void reply.header('clear-site-data', '"storage"')
    const url = ended?.kind === 'issuer' ? await issuer?.endSessionUrl(ended).catch(() => undefined) : undefined
    return answer(reply, SignOutAnswer, { end_session_url: url?.href ?? null })
  })

  if (!issuer) return
  app.get('/sign-in', { config }, async (request, reply) => {
    const { to } = checked(SignInQuery, request.query, 'query')
    const begun = await issuer.start(to)
    await started.removeOld({ seenBefore: now() - signInMs, createdBefore: now() - signInMs })
    keep(reply, cookies.signIn, await started.create(begun.started), signInMs)
    return reply.header('cache-control', 'no-store').redirect(begun.url.href, 302)
  })

  app.get(callbackPath, { config }, async (request, reply) => {
    const secret = cookieValue(request.headers.cookie, cookies.signIn) ?? ''
    const found = await started.read(secret)
    // Once only, whatever comes of it.
    await started.remove(secret)
    void reply.header('cache-control', 'no-store')
    const begun = found && now() - found.createdAt < signInMs ? StartedSignIn.parse(found.content) : undefined
    const code = await (begun === undefined ? Promise.resolve('NOT_AUTHENTICATED') : issuer.finish(request.url.split('?', 2)[1] ?? '', begun)
      .then((tokens) => begin(request, reply, tokens)).then(() => undefined, (error: unknown) => {
        log.warn({ err: error }, 'a sign-in failed')
        return error instanceof StreamForgeError ? error.code : 'INTERNAL'
      }))
    // A person is looking: the page says what went wrong.
    return reply.redirect(code === undefined ? begun!.to : `/?problem=${code}`, 302)
  })
}

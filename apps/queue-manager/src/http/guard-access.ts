import { auditEntry, requireRole, type Access, type AuditLog } from '@streamforge/access'
import type { Caller, NeededRole } from '@streamforge/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null for what is public, and before it is known. */
    caller: Caller | null
  }
  interface FastifyContextConfig {
    /** The operation's name in the audit log. */
    operation?: string
    /** The least role that may do it. A route without one is refused when it is added. */
    needs?: NeededRole
  }
}

export interface AccessGuards {
  access: Pick<Access, 'identify' | 'requireOwnPage'>
  audit: Pick<AuditLog, 'write'>
  /** Milliseconds since the epoch. */
  now: () => number
}

const changes = ({ method }: FastifyRequest) => method !== 'GET' && method !== 'HEAD'

/** Every request is of somebody who may do it, or refused; every attempt to change something is written down. Must be called before routes are added. */
export function guardAccess(app: FastifyInstance, { access, audit, now }: AccessGuards): void {
  app.decorateRequest('caller', null)
  app.addHook('onRoute', (route) => {
    // The API's own page and document; they say what there is, and nothing of what is in it.
    if (route.url === '/openapi.json' || route.url === '/docs' || route.url.startsWith('/docs/')) route.config = { ...route.config, needs: 'public' }
    if (route.config?.needs === undefined) throw new Error(`${String(route.method)} ${route.url} does not say which role it needs`)
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
    const { needs } = request.routeOptions.config
    // What is not there is not there for anybody.
    if (needs === undefined || needs === 'public') return access.requireOwnPage(request.headers, changes(request))
    request.caller = await access.identify(request.headers, changes(request))
    requireRole(request.caller, needs)
  })
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 401) void reply.header('www-authenticate', 'Bearer')
    if (isAudited(request, reply)) {
      const { caller, routeOptions: { config } } = request
      await audit.write(auditEntry(request, { at: now(), service: 'queue-manager', caller, action: config.operation!, target: targetOf(request, reply), status: reply.statusCode }))
    }
  })
}

/** What changes something, whatever came of it, and every other thing that was refused for who asked. */
const isAudited = (request: FastifyRequest, { statusCode }: FastifyReply) =>
  request.routeOptions.config.operation !== undefined && (changes(request) || statusCode === 401 || statusCode === 403)

/** What it was about: what was made, or what the path names. */
function targetOf({ params, url }: FastifyRequest, reply: FastifyReply): string {
  const { id, model } = (params ?? {}) as { id?: string; model?: string }
  const made = reply.getHeader('location')
  return id ?? model ?? (typeof made === 'string' ? made.split('/').at(-1)! : url.split('?', 1)[0]!)
}

import { auditEntry, requireRole, type Access, type AuditLog } from '@streamforge/access'
import type { Caller, NeededRole } from '@streamforge/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Visitor, Visitors } from '../session/visitors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null for what is public, and before it is known. */
    caller: Caller | null
    visitor: Visitor | null
  }
  interface FastifyContextConfig {
    /** The least role that may do it; by default viewer for what only reads under /api, operator for all the rest there. */
    needs?: NeededRole
    /** queue-manager writes down what becomes of it; here only what is refused before. */
    passedOn?: boolean
  }
}

export interface AccessGuards {
  access: Pick<Access, 'requireOwnPage'>
  visitors: Visitors
  audit: Pick<AuditLog, 'write'>
  /** Milliseconds since the epoch. */
  now: () => number
}

const reads = (method: string) => method === 'GET' || method === 'HEAD'

/** Nothing under /api is answered to who may not see it; the pages themselves hold no data and are for everybody. Must be called before routes are added. */
export function guardAccess(app: FastifyInstance, { access, visitors, audit, now }: AccessGuards): void {
  app.decorateRequest('caller', null)
  app.decorateRequest('visitor', null)
  app.addHook('onRoute', (route) => { route.config = { ...route.config, needs: route.config?.needs ?? neededBy(route) } })
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id)
    access.requireOwnPage(request.headers, !reads(request.method))
    const { needs = 'public' } = request.routeOptions.config
    if (needs === 'public') return
    request.visitor = await visitors.of(request.headers)
    requireRole(request.visitor.caller, needs)
    request.caller = request.visitor.caller
  })
  app.addHook('onSend', async (request, reply) => {
    if (reply.statusCode === 401) void reply.header('www-authenticate', 'Bearer')
    if (isAudited(request, reply)) await audit.write(entryOf(request, reply.statusCode, now()))
  })
}

const neededBy = ({ url, method }: RouteOptions): NeededRole => {
  if (!url.startsWith('/api/')) return 'public'
  return [method].flat().every(reads) ? 'viewer' : 'operator'
}

/** What changes something, and what was refused for who asked. */
function isAudited({ method, caller, routeOptions: { url, config } }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  if (url === undefined) return false
  const refused = statusCode === 401 || statusCode === 403
  if (config.passedOn) return refused && caller === null
  // Sign-ins go by GET, too.
  return refused || !reads(method) || url.startsWith('/sign-in/')
}

function entryOf(request: FastifyRequest, status: number, at: number) {
  const { caller, visitor, method, url, routeOptions } = request
  return auditEntry(request, {
    at, service: 'dashboard', caller: caller ?? visitor?.caller ?? null, action: `${method} ${routeOptions.url ?? ''}`, target: url.split('?', 1)[0]!, status,
  })
}

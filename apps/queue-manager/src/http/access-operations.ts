import type { Access, AuditLog } from '@streamforge/access'
import { StreamForgeError, type ApiTokenRequest, type AuditQuery, type Caller } from '@streamforge/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The API's operations on callers, their tokens and the audit log. */
export function accessOperations({ tokens }: Pick<Access, 'tokens'>, audit: Pick<AuditLog, 'page'>) {
  return {
    describeCaller: async (request: FastifyRequest) => callerOf(request),
    createToken: async (request: FastifyRequest, reply: FastifyReply) => {
      const created = await tokens.create(request.body as ApiTokenRequest, callerOf(request))
      void reply.header('location', `/tokens/${created.token_id}`).header('cache-control', 'no-store')
      return created
    },
    listTokens: async () => ({ tokens: await tokens.list() }),
    revokeToken: ({ params }: FastifyRequest) => tokens.revoke((params as { id: string }).id),
    listAudit: ({ query }: FastifyRequest) => audit.page(query as AuditQuery),
  }
}

function callerOf({ caller }: FastifyRequest): Caller {
  if (caller) return caller
  throw new StreamForgeError('INTERNAL', 'a request came through without a caller')
}

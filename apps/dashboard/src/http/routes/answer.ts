import { StreamForgeError } from '@streamforge/contracts'
import type { FastifyReply } from 'fastify'
import type { z } from 'zod'

/** @throws StreamForgeError INTERNAL when an answer is not what the contracts promise */
export function answer<S extends z.ZodType>(reply: FastifyReply, schema: S, value: z.infer<S>): FastifyReply {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new StreamForgeError('INTERNAL', `an answer breaks its contract: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`)
  return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').send(JSON.stringify(parsed.data))
}

import type { FastifyInstance } from 'fastify'
import { standsBy } from './stand-by.ts'

const reading = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses whatever changes something while another process leads. The connection is closed with it: the next one may reach the leader, where
 * one address stands for several processes.
 */
export function refuseChanges(app: FastifyInstance, leads: () => boolean): void {
  app.addHook('onRequest', async ({ method }, reply) => {
    if (reading.has(method) || leads()) return
    void reply.header('retry-after', '1').header('connection', 'close')
    throw standsBy()
  })
}

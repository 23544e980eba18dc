import { StreamForgeError } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { isDeeperThan } from './json-depth.ts'

/** As deep as arrays and objects of a request's body may lie in each other. */
export const mostDepth = 32

/** @throws StreamForgeError BAD_REQUEST */
export function requireFlatJson(text: string, most = mostDepth): void {
  if (isDeeperThan(most, text)) throw new StreamForgeError('BAD_REQUEST', `the body is nested deeper than ${most} levels`, { remedy: 'nothing here needs as many' })
}

/**
 * Takes JSON bodies and no others: not nested too deep, without `__proto__` and `constructor.prototype`. A request without a body may
 * still name JSON as its type.
 */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    try {
      requireFlatJson(body as string)
    } catch (error) {
      return done(error as Error)
    }
    void parse(request, body as string, done)
  })
}

import { randomUUID } from 'node:crypto'
import { publishMessages } from '@streamforge/bus'
import { AlertsAnswer, catalog, SilenceAccepted, SilenceParams, SilenceRequest, type AlertCommand } from '@streamforge/contracts'
import type { FastifyInstance } from 'fastify'
import { readAlerts } from '../../read/read-alerts.ts'
import { checked } from '../problems.ts'
import type { ServerParts } from '../server.ts'
import { answer } from './answer.ts'
import { unlessNeverRun } from './unless-never-run.ts'

const longestName = 120

/** Alerts as they stand, and silences, which are published to the alerter. */
export function alertRoutes(app: FastifyInstance, { bus, store, log, now }: ServerParts): void {
  const tell = (command: AlertCommand) => publishMessages(bus, catalog['alert-control'], [command]).catch(unlessNeverRun('alerter'))
  app.get('/api/alerts', async (_request, reply) => answer(reply, AlertsAnswer, await readAlerts(store, now())))
  app.post('/api/alerts/silences', async (request, reply) => {
    const { minutes, ...asked } = checked(SilenceRequest, request.body, 'body')
    const id = randomUUID()
    const from = now()
    const silence = { ...asked, id, from, to: from + minutes * 60_000, author: (request.caller?.name ?? '').slice(0, longestName) }
    await tell({ command: 'silence', silence, timestamp: from / 1_000 })
    log.info({ silence }, 'a silence was published by request')
    return answer(reply.code(202), SilenceAccepted, { id })
  })
  app.delete('/api/alerts/silences/:id', async (request, reply) => {
    const { id } = checked(SilenceParams, request.params, 'params')
    await tell({ command: 'unsilence', id, timestamp: now() / 1_000 })
    log.info({ silence: { id } }, 'the end of a silence was published by request')
    return answer(reply.code(202), SilenceAccepted, { id })
  })
}

import { catalog, type PongEvent } from '@streamforge/contracts'
import { ensureTopics, publishMessages, tailMessages } from '@streamforge/bus'
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { withBus, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'

export interface PingOptions extends ConnectionOptions {
  target?: string
  timeout: number
  count?: number
  json?: boolean
}

/** Asks every service (or one) on queue-control and prints who answers on queue-events. Exit code 1 when nobody does. */
export function ping(options: PingOptions): Promise<number> {
  return withBus(options, async (bus) => {
    await ensureTopics(bus)
    const pingId = randomUUID()
    const pongs: (z.infer<typeof PongEvent> & { ms: number })[] = []
    const { promise: enough, resolve: haveEnough } = Promise.withResolvers<void>()
    const events = await tailMessages(bus, catalog['queue-events'], { from: 'latest' }, async (batch) => {
      for (const { value } of batch.messages) {
        if (value.status !== 'pong' || value.ping_id !== pingId) continue
        const pong = { ...value, ms: Date.now() - sentAt }
        pongs.push(pong)
        if (!options.json) print(`${pong.producer} (${pong.service}): ${pong.message}, ${pong.ms} ms`)
        if (pongs.length >= (options.count ?? (options.target ? 1 : Infinity))) haveEnough()
      }
    })
    const sentAt = Date.now()
    await publishMessages(bus, catalog['queue-control'], [{
      command: 'ping', ping_id: pingId, timestamp: sentAt / 1000, ...(options.target && { target: options.target }),
    }])
    const timer = setTimeout(haveEnough, options.timeout * 1000)
    await enough
    clearTimeout(timer)
    await events.close()
    if (options.json) printJson(pongs)
    else if (!pongs.length) print(`nobody answered within ${options.timeout} s`)
    return pongs.length ? 0 : 1
  })
}

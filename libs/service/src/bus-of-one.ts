import type { Bus, Consumer } from '@streamforge/bus'
import { StreamForgeError } from '@streamforge/contracts'

/** The bus of one of several workers that share a connection: closing it ends what was begun through it, and leaves the connection to the others. */
export function busOfOne(shared: Bus): Bus {
  const consumers = new Set<Consumer>()
  let closed = false
  const unlessClosed = () => {
    if (closed) throw new StreamForgeError('BUS_CLOSED', 'the bus of this worker was closed')
  }
  const keep = async (begin: () => Promise<Consumer>) => {
    unlessClosed()
    const consumer = await begin()
    consumers.add(consumer)
    if (closed) await consumer.close()
    return consumer
  }
  return {
    kind: shared.kind, admin: shared.admin,
    async publish(topic, messages) {
      unlessClosed()
      return shared.publish(topic, messages)
    },
    consume: (options, handler) => keep(() => shared.consume(options, handler)),
    tail: (options, handler) => keep(() => shared.tail(options, handler)),
    async close() {
      closed = true
      await Promise.allSettled([...consumers].map((consumer) => consumer.close()))
      consumers.clear()
    },
  }
}

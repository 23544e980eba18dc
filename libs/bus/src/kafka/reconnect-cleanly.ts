/** kafkajs's two connections to a broker: requests, and fetches. */
export interface ConnectionPool {
  readonly pool: readonly Connection[]
  getConnection(index?: number): Promise<unknown>
}

/** With what it has of an answer whose rest is still to come. */
interface Connection {
  isConnected(): boolean
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
}

const lengthBytes = 4
const guarded = new WeakSet<ConnectionPool>()

/**
 * Mends how kafkajs opens a broken connection again:
 *
 * - Requests that find it broken wait for one reconnection. kafkajs lets each of them open a socket of its own, of which all but the last are
 *   lost, open, until the broker closes them.
 * - What came of an answer before the broker went away is forgotten. kafkajs takes what the broker says next for its rest, and every request on
 *   this connection goes unanswered from then on.
 */
export function reconnectCleanly(connections: ConnectionPool): void {
  if (guarded.has(connections)) return
  guarded.add(connections)
  const connecting = new Map<number, Promise<unknown>>()
  const getConnection = connections.getConnection.bind(connections)
  connections.getConnection = (index = 0) => {
    const running = connecting.get(index)
    if (running) return running
    const connection = connections.pool[index]!
    if (!connection.isConnected()) Object.assign(connection, { chunks: [], bytesBuffered: 0, bytesNeeded: lengthBytes } satisfies Partial<Connection>)
    const opening = getConnection(index).finally(() => connecting.delete(index))
    connecting.set(index, opening)
    return opening
  }
}

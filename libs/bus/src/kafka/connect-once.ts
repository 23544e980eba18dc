/** kafkajs's two connections to a broker: requests, and fetches. */
export interface ConnectionPool {
  getConnection(index?: number): Promise<unknown>
}

const guarded = new WeakSet<ConnectionPool>()

/**
 * Makes requests that find a connection broken wait for one reconnection. kafkajs lets each of them open a socket of its own, of which
 * all but the last are lost, open, until the broker closes them.
 */
export function connectOnceAtATime(pool: ConnectionPool): void {
  if (guarded.has(pool)) return
  guarded.add(pool)
  const connecting = new Map<number, Promise<unknown>>()
  const getConnection = pool.getConnection.bind(pool)
  pool.getConnection = (index = 0) => {
    const running = connecting.get(index)
    if (running) return running
    const connection = getConnection(index).finally(() => connecting.delete(index))
    connecting.set(index, connection)
    return connection
  }
}

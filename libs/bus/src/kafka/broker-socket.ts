import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

const keepAliveMs = 60_000

/** As kafkajs's own sockets, but for {@link forgetUnref}. */
export const brokerSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect) : connect({ host, port }, onConnect)
  return forgetUnref(socket.setKeepAlive(true, keepAliveMs))
}

/**
 * A socket without a handle puts `unref` off to its connecting, and one that failed never does. kafkajs ends both of its connections to a broker
 * at each try that finds it away, also one whose socket has failed before: a listener more each time, for as long as the broker is away.
 */
function forgetUnref(socket: Socket): Socket {
  const unref = socket.unref.bind(socket)
  socket.unref = () => (socket.destroyed ? socket : unref())
  return socket
}

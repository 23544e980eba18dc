import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below the ports that operating systems hand out by themselves (Linux from 32768, macOS and Windows from 49152): between this look
 * and the server's start nobody is given the port for an outgoing connection or a server on "any free port".
 */
const range = { from: 20_000, to: 32_000 }

/** A TCP port that was free a moment ago; of the loopback interface, if no other address is given. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (;;) {
    const port = randomInt(range.from, range.to)
    if (await isPortFree(port, host)) return port
  }
}

/** Whether a server could listen there now. @throws Error when this machine does not have the address */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL') reject(new Error(`this machine has no address ${host} to listen on`))
      else resolve(false)
    })
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

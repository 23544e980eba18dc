import { readdir, readFile, readlink } from 'node:fs/promises'
import { WebSocket } from 'ws'

/** The environment that lets several Node processes of one machine open their inspectors, each at a free port. */
export const inspectable = { NODE_OPTIONS: '--inspect-port=0' } as const

/**
 * Megabytes that a Node process still needs after a collection of all garbage: heap and buffers. Growth of these is a leak, growth of the
 * resident memory alone need not be: V8 lets garbage lie while there is room. Undefined where it cannot be asked: not on Linux, or ended meanwhile.
 */
export async function readLiveHeap(pid: number): Promise<number | undefined> {
  try {
    process.kill(pid, 'SIGUSR1')
    const socket = await openInspector(pid)
    try {
      const call = caller(socket)
      await call('HeapProfiler.collectGarbage')
      const { result } = await call('Runtime.evaluate', { expression: 'process.memoryUsage()', returnByValue: true }) as { result: { value: NodeJS.MemoryUsage } }
      return (result.value.heapUsed + result.value.external) / 1024 / 1024
    } finally {
      socket.terminate()
    }
  } catch {
    return undefined
  }
}

/** The inspector opens some time after the signal. */
async function openInspector(pid: number): Promise<WebSocket> {
  for (let left = 40; ; left--) {
    const address = await findInspector(pid)
    if (address !== undefined) {
      const socket = new WebSocket(address, { perMessageDeflate: false })
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
      return socket
    }
    if (!left) throw new Error(`process ${pid} opens no inspector`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function findInspector(pid: number): Promise<string | undefined> {
  for (const port of await listeningPorts(pid)) {
    const pages = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: AbortSignal.timeout(1_000) }).then((answer) => answer.json(), () => undefined)
      .catch(() => undefined) as { webSocketDebuggerUrl?: string }[] | undefined
    const address = Array.isArray(pages) ? pages[0]?.webSocketDebuggerUrl : undefined
    if (address !== undefined) return address
  }
  return undefined
}

/** Ports of this machine's IPv4 at which the process listens: its sockets, looked up by inode among all that listen (state 0A). */
async function listeningPorts(pid: number): Promise<number[]> {
  const names = await readdir(`/proc/${pid}/fd`)
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1).map((line) => line.trim().split(/\s+/))
  return rows.flatMap(([, local, , state, , , , , , inode]) => (state === '0A' && inodes.has(inode ?? '') ? [parseInt(local!.split(':')[1]!, 16)] : []))
}

function caller(socket: WebSocket): (method: string, params?: object) => Promise<unknown> {
  const waiting = new Map<number, (result: unknown) => void>()
  let lastId = 0
  socket.on('message', (data) => {
    const { id, result } = JSON.parse((data as Buffer).toString()) as { id?: number; result?: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  return (method, params = {}) => new Promise((resolve, reject) => {
    waiting.set(++lastId, resolve)
    socket.once('close', () => reject(new Error('the process has ended')))
    socket.send(JSON.stringify({ id: lastId, method, params }))
  })
}

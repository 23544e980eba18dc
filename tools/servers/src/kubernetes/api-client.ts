import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'

/** Asks a cluster's API as its administrator. */
export interface ApiClient {
  /** The answer's status and text; 0 when there was none. */
  get(path: string): Promise<{ status: number; text: string }>
}

const timeoutMs = 3_000

export async function openApiClient(url: string, certificates: string): Promise<ApiClient> {
  const [ca, cert, key] = await Promise.all(['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFile(join(certificates, name))))
  return {
    get: (path) => new Promise((resolve) => {
      const failed = () => resolve({ status: 0, text: '' })
      const asked = request(new URL(path, url), { ca: ca!, cert: cert!, key: key!, timeout: timeoutMs, agent: false }, (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }))
        answer.on('error', failed)
      })
      asked.on('timeout', () => asked.destroy())
      asked.on('error', failed)
      asked.end()
    }),
  }
}

/** Whether a node has reported itself ready since `since` (milliseconds): after a restart its last life's report still stands. */
export function nodeIsReady(node: string, since: number): boolean {
  const { status } = JSON.parse(node) as { status?: { conditions?: { type: string; status: string; lastHeartbeatTime?: string }[] } }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  // The API's times are whole seconds.
  return ready?.status === 'True' && Date.parse(ready.lastHeartbeatTime ?? '') >= Math.floor(since / 1000) * 1000
}

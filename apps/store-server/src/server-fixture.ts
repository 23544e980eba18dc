import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@streamforge/service'
import { openServedStore, type ServedStore } from '@streamforge/store'
import { Registry } from 'prom-client'
import { createServer } from './create-server.ts'

export const token = 'a token that tests know'.replaceAll(' ', '-')

export interface TestServer {
  url: string
  store: ServedStore
  metrics: Registry
  close(): Promise<void>
}

/** A server in this process, on a file of its own. */
export async function startTestServer(): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-store-server-'))
  const store = await openServedStore({ file: join(directory, 'store.db'), now: Date.now })
  const metrics = new Registry()
  const app = createServer({ store, token, log: createLogger({ service: 'store-server', level: 'silent' }), metrics })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url, store, metrics,
    async close() {
      await app.close()
      await store.close()
      await rm(directory, { recursive: true })
    },
  }
}

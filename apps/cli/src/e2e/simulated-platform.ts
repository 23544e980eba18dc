import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectStore, type Store } from '@streamforge/store'
import { openApiClient, type ApiClient } from '../api-client.ts'
import { startPlatform, type Platform } from '../platform/platform.ts'

export interface SimulatedPlatform {
  platform: Platform
  api: ApiClient
  /** Now, as the exchange has it: milliseconds since the epoch. */
  exchangeTime(): Promise<number>
  /** The platform's store; closed with the platform. */
  openStore(): Promise<Store>
  /** Sets the simulator's faults; an empty list takes them away. */
  faults(faults: readonly object[]): Promise<void>
  close(): Promise<void>
}

/** The whole platform in a directory of its own, on a simulated exchange. */
export async function startSimulatedPlatform(options: { data?: string; env?: Record<string, string> } = {}): Promise<SimulatedPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'streamforge-'))
  const platform = await startPlatform({
    dataDir, port: 0, exchange: { kind: 'simulator', data: options.data, reason: 'a test' }, env: options.env ?? {}, say: () => undefined,
  })
  const simulator = (method: string, body?: unknown) => fetch(`${platform.exchangeUrl}/_simulator/faults`, {
    method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  const stores: Store[] = []
  return {
    platform,
    api: openApiClient(platform.url),
    async exchangeTime() {
      const { serverTime } = await (await fetch(`${platform.exchangeUrl}/api/v3/time`)).json() as { serverTime: number }
      return serverTime
    },
    async openStore() {
      const store = await connectStore({ kind: 'embedded', file: join(dataDir, 'store.db') })
      stores.push(store)
      return store
    },
    async faults(faults) {
      await simulator('DELETE')
      if (!faults.length) return
      const response = await simulator('POST', faults)
      if (!response.ok) throw new Error(`the simulator refused the faults: ${await response.text()}`)
    },
    async close() {
      for (const store of stores) await store.close()
      await platform.stop()
      if (!process.env.KEEP_DATA) await rm(dataDir, { recursive: true, force: true })
    },
  }
}

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { candleKeyRange, canonicalLine, CoverageCertificate, type MarketRecord, parseDataType, tradeKeyRange } from '@streamforge/contracts'
import { connectStore, type StoreConfig, type StoredDocument } from '@streamforge/store'

const root = resolve(import.meta.dirname, '../../..')

export interface Ended {
  code: number
  output: string
  notices: string
}

/** One of the repository's programs, as npm's scripts run it. */
export function run(script: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(root, 'tools/run.mjs'), script, ...args], { cwd: root, env: { ...process.env, ...env } })
  const ended = { output: '', notices: '' }
  child.stdout.on('data', (chunk: Buffer) => { ended.output += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { ended.notices += chunk.toString() })
  return new Promise((done) => child.on('exit', (code) => done({ ...ended, code: code ?? -1 })))
}

/** Certificates as they are stored, each with the checksum that its records give now. */
export async function proofs(config: StoreConfig) {
  const store = await connectStore(config)
  try {
    const found = await store.find<CoverageCertificate & StoredDocument>('coverage', { sort: [{ field: '_key', direction: 'asc' }] })
    return await Promise.all(found.map(async ({ _key, ...certificate }) => {
      const type = parseDataType(CoverageCertificate.parse(certificate).type)
      const range = type.content === 'candles' ? candleKeyRange(certificate.symbol, type.interval, certificate) : tradeKeyRange(certificate.symbol)
      const hash = createHash('sha256')
      for await (const page of store.scan<MarketRecord & StoredDocument>(certificate.collection_name, range)) for (const record of page) hash.update(`${canonicalLine(record)}\n`)
      return { certificate, recomputed: `sha256:${hash.digest('hex')}` }
    }))
  } finally {
    await store.close()
  }
}

export interface StoreServer {
  url: string
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
}

/** apps/store-server in a process of its own, on the store of a folder. */
export async function startStoreServer(dataDir: string, token: string): Promise<StoreServer> {
  const env = { ...process.env, DATA_DIR: dataDir, STORE_TOKEN: token, PORT: '0', HOST: '127.0.0.1', HEALTH_PORT: '0', LOG_LEVEL: 'info' }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(root, 'apps/store-server/src/main.ts')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const listening = (async () => {
    for await (const line of createInterface(child.stdout)) {
      const { msg, url } = JSON.parse(line) as { msg: string; url?: string }
      if (msg === 'listening' && url !== undefined) return url
    }
    throw new Error('the store server ended before it listened')
  })()
  return {
    url: await listening,
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

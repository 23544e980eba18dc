import { freePort, isPortFree } from '../free-port.ts'
import { isCached } from '../server-cache.ts'
import { catalog, type CatalogEntry, type Placement, type ServerName, withNeeds } from './catalog.ts'
import { startDetached, stopDetached } from './detached.ts'
import { isRunning } from '../process-identity.ts'
import type { KafkaAccess, ServerRecord, ServersFolder } from './servers-folder.ts'
import { showPreparation } from './show-preparation.ts'
import { ensureTools } from './tools.ts'

export interface UpOptions {
  folder: ServersFolder
  host: string
  kafkaAccess: KafkaAccess
  say: (line: string) => void
}

/** Starts the servers and those that they need; one that runs is left alone. Stops at the first that does not come up. */
export async function up(names: readonly ServerName[], options: UpOptions): Promise<void> {
  for (const name of withNeeds(names)) await startUnlessRunning(name, options)
}

async function startUnlessRunning(name: ServerName, options: UpOptions): Promise<void> {
  const { folder, say } = options
  const known = (await folder.records())[name]
  if (known && (await isRunning(known))) {
    if (known.ready) return say(`${name.padEnd(10)} runs already on ${whereabouts(known)}${difference(known, options)}`)
    // Whoever started it was ended before it was ready: nobody else is at work in this folder.
    await stopDetached(known, known.stopSignal)
  }
  await startAndTell(name, options)
}

async function startAndTell(name: ServerName, options: UpOptions): Promise<void> {
  const { folder, say } = options
  const progress = showPreparation((line) => say(`  ${line}`))
  const began = performance.now()
  try {
    const record = await start(name, options)
    const cold = progress.seconds() > 1 ? `, of them ${progress.seconds().toFixed(0)} s for what is now in the cache` : ''
    say(`${name.padEnd(10)} ready on ${whereabouts(record)}, after ${((performance.now() - began) / 1000).toFixed(1)} s${cold}`)
  } catch (error) {
    const record = (await folder.records())[name]
    if (record) await stopDetached(record, record.stopSignal)
    await folder.record(name, undefined)
    throw error
  } finally {
    progress.stop()
  }
}

const whereabouts = ({ host, port, pid }: ServerRecord) => `${host}:${port}, process ${pid}`

function difference({ host, security }: ServerRecord, asked: UpOptions): string {
  if (host === asked.host && (security === undefined || security === asked.kafkaAccess)) return ''
  return '; what was asked for differs: stop it first to change that'
}

async function start(name: ServerName, { folder, host, kafkaAccess, say }: UpOptions): Promise<ServerRecord> {
  const entry = catalog[name]
  await ensureTools(await toolsFor(entry), (line) => say(`  ${line}`))
  const records = await folder.records()
  const placement: Placement = {
    host, kafkaAccess, directory: await folder.directoryOf(name), secrets: await folder.secrets(),
    port: await choosePort(name, host, await folder.lastPort(name), say),
    addressOf: (other) => records[other]!,
  }
  const process = await entry.prepare(placement)
  const facts = {
    host, port: placement.port, version: await entry.version(), stopSignal: process.stopSignal ?? 'SIGTERM', logFile: process.logFile,
    ...(name === 'kafka' && { security: kafkaAccess }),
  }
  const since = Date.now()
  const identity = await startDetached(process, (spawned) => folder.record(name, { ...spawned, ...facts, since, ready: false }))
  await entry.afterStart?.(placement)
  const record: ServerRecord = { ...identity, ...facts, since, ready: true }
  await folder.record(name, record)
  return record
}

async function toolsFor({ tools, fetched }: CatalogEntry) {
  return fetched && !(await isCached(fetched.folderName)) ? [...tools, ...fetched.with] : tools
}

/** The one of the last time, else its usual one, else any. */
async function choosePort(name: ServerName, host: string, last: number | undefined, say: (line: string) => void): Promise<number> {
  const usual = catalog[name].port
  for (const port of new Set([last ?? usual, usual])) if (await isPortFree(port, host)) return port
  const port = await freePort(host)
  say(`  port ${usual} of ${host} is taken: ${name} gets ${port}`)
  return port
}

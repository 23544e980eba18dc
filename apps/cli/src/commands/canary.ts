import { randomBytes } from 'node:crypto'
import { access, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CanaryApp, CanaryReport, canaryApps, Release, ReleaseVersion, StreamForgeError, type StoredQueue } from '@streamforge/contracts'
import { nodeCommand, openProcessLauncher } from '@streamforge/launcher'
import { busConfig, loadConfig, storeConfig } from '@streamforge/service'
import { connectBus } from '@streamforge/bus'
import { connectStore, type Store, type StoredDocument } from '@streamforge/store'
import { compareOutputs } from '../canary/compare-outputs.ts'
import { planShadow } from '../canary/plan-shadow.ts'
import { readOutputs } from '../canary/read-outputs.ts'
import { removeShadow, runShadow, type ShadowTools } from '../canary/run-shadow.ts'
import { shadowEnvironment } from '../canary/shadow-user.ts'
import type { ConnectionOptions } from '../connection.ts'
import { notice, print, printJson } from '../output.ts'
import { renderCanary } from '../render/canary.ts'

export interface CanaryOptions extends ConnectionOptions {
  app: string
  release: string
  /** A folder with a checkout a version, named like it. */
  releases?: string
  tolerance: number
  slowdown: number
  /** Seconds that a shadow of a queue that goes on runs. */
  for: number
  promote?: boolean
  accept?: boolean
  keep?: boolean
  json?: boolean
}

/**
 * Runs the new version of a consumer as a shadow of one queue's, compares what both have made, and promotes it when they agree or the difference
 * is accepted. Ends with 0 unless it is refused.
 */
export async function canary(options: CanaryOptions, queueId?: string): Promise<number> {
  const app = known(CanaryApp.safeParse(options.app), `'${options.app}' is no consumer that can be shadowed`, `one of ${canaryApps.join(', ')}`)
  const version = known(ReleaseVersion.safeParse(options.release), `'${options.release}' is no version`, 'such as v0.2.0')
  const script = await scriptOf(options.releases, app, version)
  const dataDir = resolve(options.dataDir)
  const env = { ...process.env, DATA_DIR: dataDir, ...(options.kafka !== undefined && { BUS: 'kafka', KAFKA_BROKERS: options.kafka }), HEALTH_PORT: '0' }
  const config = loadConfig({}, env)
  const directory = join(dataDir, 'canary', 'jobs')
  await mkdir(directory, { recursive: true })
  const bus = await connectBus(busConfig(config, 'streamforge-canary', 'cli'))
  const store = await connectStore(storeConfig(config))
  const launcher = await openProcessLauncher({ directory, programs: { [app]: { command: nodeCommand(script) } }, env: shadowEnvironment(env, config) })
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    const report = await judge({ bus, store, launcher, now: Date.now }, { ...options, app, version, queueId: queueId!, signal: stop.signal })
    if (options.json) printJson(report)
    else print(renderCanary(report))
    return report.verdict === 'refused' ? 1 : 0
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await launcher.close()
    await store.close()
    await bus.close()
  }
}

type JudgeOptions = CanaryOptions & { app: CanaryApp; version: string; queueId: string; signal: AbortSignal }

async function judge(tools: ShadowTools, options: JudgeOptions): Promise<CanaryReport> {
  const { app, version, queueId, tolerance, slowdown } = options
  const { store, now } = tools
  const queue = await readQueue(store, queueId)
  const startedAt = now()
  const suffix = randomBytes(3).toString('hex')
  const shadow = planShadow(queue, app, { version, suffix, now: startedAt })
  const goesOn = queue.status === 'running'
  if (!options.json) notice(`${app} ${version} runs beside ${queue.queue_id}${goesOn ? ` for ${options.for} s` : ''} ...`)
  try {
    await runShadow(shadow, queue, tools, { signal: options.signal, ...(goesOn && { forMs: options.for * 1_000 }) })
    const outputs = await readOutputs(tools, shadow, goesOn)
    const comparison = compareOutputs(outputs.current, outputs.shadow, { tolerance, slowdown })
    const promoted = options.promote === true && (comparison.agree || options.accept === true)
    const verdict = promoted ? (comparison.agree ? 'promoted' : 'accepted') : comparison.agree ? 'agreed' : 'refused'
    const report = CanaryReport.parse({
      _key: `canary-${suffix}`, app, version, queue_id: queueId, shadow_queue_id: shadow.start.queue_id, tolerance, comparison, verdict, started_at: startedAt, finished_at: now(),
    })
    await record(store, report)
    return report
  } finally {
    if (!options.keep) for (const left of await removeShadow(shadow, tools)) notice(`could not be taken away: ${left}`)
  }
}

/** The report first: a release always names one that is there. */
async function record(store: Store, report: CanaryReport): Promise<void> {
  await store.ensureCollection('canaries')
  await store.writeBatch('canaries', [report])
  if (report.verdict !== 'promoted' && report.verdict !== 'accepted') return
  const { app, version, _key: canary, finished_at } = report
  await store.ensureCollection('releases')
  await store.writeBatch('releases', [Release.parse({ _key: app, app, version, canary, promoted_at: finished_at })])
}

async function readQueue(store: Store, id: string): Promise<StoredQueue> {
  const found = await store.get<StoredDocument>('queues', id)
  if (found) return found as unknown as StoredQueue
  throw new StreamForgeError('NOT_FOUND', `there is no queue '${id}'`, { remedy: 'GET /workflows/{id} lists the queues of a workflow' })
}

async function scriptOf(releases: string | undefined, app: CanaryApp, version: string): Promise<string> {
  if (releases === undefined) throw new StreamForgeError('BAD_CONFIG', 'where versions are is not said', { remedy: 'set RELEASES_DIR, or --releases, to a folder with a checkout of each version, named like it' })
  const script = resolve(releases, version, 'apps', app, 'src/main.ts')
  await access(script).catch((cause: unknown) => {
    throw new StreamForgeError('NOT_FOUND', `${app} ${version} is not in ${releases}`, { cause, remedy: `git worktree add ${join(releases, version)} ${version}, then npm ci there` })
  })
  return script
}

function known<T>(parsed: { success: true; data: T } | { success: false }, problem: string, remedy: string): T {
  if (parsed.success) return parsed.data
  throw new StreamForgeError('INVALID_FIELD', problem, { remedy })
}

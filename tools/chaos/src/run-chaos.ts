import type { Workflow } from '@streamforge/contracts'
import { setTimeout as delay } from 'node:timers/promises'
import { checkQueue } from './check/check-queue.ts'
import { checkCommits, checkDeadLetters, checkEndStates } from './check/check-run.ts'
import type { Finding } from './check/history.ts'
import { readHistory } from './check/read-history.ts'
import { readRefused } from './check/read-refused.ts'
import { watchCommits } from './check/watch-commits.ts'
import type { Traces } from './inject/inject.ts'
import { runFaults, type FaultOutcome } from './inject/run-faults.ts'
import { paceMs } from './load/pace.ts'
import { runLoad, type Load } from './load/run-load.ts'
import { readVenue, slowVenue } from './load/venue.ts'
import { describeFault, kinds, type Kind } from './plan/fault.ts'
import { planFaults } from './plan/plan-faults.ts'
import { startChaosPlatform, type ChaosPlatform } from './platform/chaos-platform.ts'
import { runningQueues, storedOf } from './platform/running-queues.ts'
import { signal } from './platform/supervised-service.ts'
import { workflowApi } from './platform/workflow-api.ts'
import { renderProgress } from './report/render-report.ts'
import { percentiles, summariseKinds, type ChaosReport } from './report/summarise.ts'

export interface ChaosOptions {
  readonly seed: number
  readonly faults: number
  /** At least so many flow; more when the faults take longer. */
  readonly records: number
  readonly bus: 'embedded' | 'kafka'
  /** Of which kinds; default: all that can be had. */
  readonly kinds?: readonly Kind[]
  /** Drawn again and again. */
  readonly onProgress?: (line: string) => void
  readonly say: (line: string) => void
  /** Ends the run early; the platform is stopped. */
  readonly signal?: AbortSignal
}

/** Starts a platform of its own, lets records flow and faults happen, and compares everything at the end with the source. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { signal } = options
  const platform = await startChaosPlatform(options)
  const stopped = Promise.withResolvers<never>()
  const onAbort = () => stopped.reject(new Error('stopped before its end'))
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  try {
    return await Promise.race([runOn(platform, options), stopped.promise])
  } finally {
    await platform.stop()
  }
}

/** What cannot be had, by kind. */
function leftOut({ broker, disk }: ChaosPlatform): Map<Kind, string> {
  return new Map<Kind, string>([
    ...(broker ? [] : [['kill-broker', 'the embedded bus has no broker']] as const),
    ...(typeof disk === 'string' ? [['fill-disk', disk]] as const : []),
    ...(process.platform === 'linux' ? [] : [['double-launch', 'only Linux shows how a process was launched']] as const),
  ])
}

const secondsPerFault = 4
const historyFrom = Date.UTC(2024, 9, 1)

async function runOn(platform: ChaosPlatform, options: ChaosOptions): Promise<ChaosReport> {
  const { seed, records: wanted, say } = options
  const missing = leftOut(platform)
  const wantedKinds = (options.kinds ?? kinds)
  const faults = planFaults({ seed, count: options.faults, kinds: wantedKinds.filter((kind) => !missing.has(kind)), links: platform.broker ? ['bus', 'store', 'venue'] : ['store', 'venue'] })
  say(`seed ${seed}: ${faults.length} faults, at least ${wanted} records, ${options.bus} bus; logs are in ${platform.logDir}`)
  const begun = performance.now()
  const now = () => performance.now() - begun
  const api = workflowApi(platform.api)
  const outcomes: FaultOutcome[] = []
  const traces: Traces = { poisoned: [], strays: new Set(), doubles: new Map() }
  let struck = false
  const load = runLoad(platform, api, { ...await readVenue(platform.simulator), from: historyFrom, records: wanted, seed }, (records) => struck && records >= wanted)
  const commits = watchCommits(platform.bus, platform.store)
  const following = followProgress({ platform, load, options, now, faultsLeft: () => faults.length - outcomes.length, last: () => lastOf(outcomes) })
  const striking = runFaults({
    platform, faults, traces, now,
    onBegin: (fault, victim) => say(`#${fault.index} ${describeFault(fault)}: ${victim}`),
    onEnd: (outcome) => {
      outcomes.push(outcome)
      say(`#${outcome.fault.index} ${outcome.recovered === undefined ? 'NOT RECOVERED' : `recovered in ${((outcome.recovered - outcome.over) / 1000).toFixed(1)} s`}`)
    },
  }).then(() => { struck = true })
  try {
    const [workflows] = await Promise.all([load.done, striking])
    const seconds = now() / 1000
    await commits.stop()
    const progress = await following.stop()
    const checked = await check(platform, workflows, traces, say)
    const unrecovered = outcomes.filter(({ recovered }) => recovered === undefined)
    return {
      seed, bus: options.bus, seconds, workflows: workflows.length, queues: workflows.flatMap(({ queues }) => queues).length, records: checked.records,
      commitsChecked: commits.checked(), faults: outcomes, byKind: summariseKinds(outcomes), recoveryMs: percentiles(outcomes), deadLetters: checked.deadLetters,
      left: [...missing].filter(([kind]) => wantedKinds.includes(kind)).map(([kind, why]) => `${kind}: ${why}`), progress,
      findings: [
        ...checked.findings, ...checkCommits(commits.looks),
        ...unrecovered.map(({ fault, victim }): Finding => ({ kind: 'end state', where: victim, detail: `did not recover from #${fault.index} ${describeFault(fault)}` })),
      ],
    }
  } finally {
    await commits.stop()
    await following.stop()
    for (const pid of traces.strays) signal(pid, 'SIGKILL')
  }
}

function lastOf(outcomes: readonly FaultOutcome[]): string {
  const last = outcomes.at(-1)
  return last ? `last: ${last.fault.kind}` : ''
}

/** Compares all that is there at the end with the source. */
async function check(platform: ChaosPlatform, workflows: readonly Workflow[], traces: Traces, say: (line: string) => void) {
  const { bus, store, simulator } = platform
  await slowVenue(simulator, 0)
  const findings: Finding[] = []
  let records = 0
  for (const [n, queue] of workflows.flatMap(({ queues }) => queues).entries()) {
    const history = await readHistory({ bus, store, simulator }, queue)
    records += history.source.length
    findings.push(...checkQueue(history))
    if (n % 10 === 9) say(`checked ${n + 1} queues`)
  }
  const refused = await readRefused(bus)
  findings.push(...checkDeadLetters(traces.poisoned, refused))
  findings.push(...checkEndStates(workflows.map(({ workflow_id: workflowId, status: actual, reason }) => ({ workflowId, expected: 'finished', actual, reason }))))
  return { findings, records, deadLetters: refused.length }
}

interface Followed {
  readonly platform: ChaosPlatform
  readonly load: Load
  readonly options: ChaosOptions
  readonly now: () => number
  readonly faultsLeft: () => number
  readonly last: () => string
}

/** Draws how far it is, and has the venue answer so slowly that records flow until the last fault. */
function followProgress({ platform, load, options, now, faultsLeft, last }: Followed) {
  const stopping = new AbortController()
  const progress = [{ at: 0, records: 0 }]
  let slow = -1
  const look = async () => {
    const records = load.endedRecords() + (await runningQueues(platform.store).catch(() => [])).reduce((sum, queue) => sum + storedOf(queue), 0)
    const at = now()
    progress.push({ at, records })
    const left = faultsLeft()
    const before = progress.at(-20) ?? progress[0]!
    const rate = Math.max(0, (records - before.records) / Math.max(1, (at - before.at) / 1000))
    const faultMs = left < options.faults ? at / (options.faults - left) : secondsPerFault * 1000
    options.onProgress?.(renderProgress({
      done: options.faults - left, faults: options.faults, records, wanted: options.records, rate, last: last(), etaSeconds: (left * faultMs) / 1000 + (left === 0 && rate > 0 ? Math.max(0, options.records - records) / rate : 0),
    }))
    const ms = paceMs({ remainingRecords: options.records - records, remainingFaults: left, secondsPerFault: faultMs / 1000, parallel: 4 })
    if (Math.abs(ms - slow) > 0.2 * slow || ms === 0) {
      await slowVenue(platform.simulator, ms).then(() => { slow = ms }, () => undefined)
    }
  }
  const run = async () => {
    while (!stopping.signal.aborted) {
      await look()
      await delay(1_000, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
      return progress
    },
  }
}

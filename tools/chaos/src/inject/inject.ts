import { spawn, type ChildProcess } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Poisoned } from '../check/history.ts'
import type { LineFault } from '../network/faulty-proxy.ts'
import type { Fault, Link } from '../plan/fault.ts'
import type { ChaosPlatform } from '../platform/chaos-platform.ts'
import { hasMuchLeft, runningQueues } from '../platform/running-queues.ts'
import type { Before } from './recovery.ts'
import { signal } from '../platform/supervised-service.ts'
import { poisonMessage } from './poison-message.ts'
import { hideFromLauncher, launchOf, pickJob, type Victim } from './victim-jobs.ts'

/** A fault that is there now. */
export interface Injected {
  /** What a person reads: which job, which service. */
  readonly victim: string
  /** The one queue that it struck; absent: it may concern everything. */
  readonly queueId?: string
  /** The attempt that has to be replaced before all is well again. */
  readonly replaced?: { readonly queueId: string; readonly target: string; readonly attempt: number }
  /** Takes it away; absent: nothing is to be taken away. */
  readonly heal?: () => Promise<void>
  /** What comes once all is well again, such as a zombie that wakes; all must be well again after it too. */
  readonly aftermath?: () => Promise<void>
}

/** What is left of faults, for the end of the run. */
export interface Traces {
  readonly poisoned: Poisoned[]
  /** Processes that were launched beside the platform, and those that were taken out of the launcher's reach. */
  readonly strays: Set<number>
  /** Those of an attempt that was launched twice: the second works on when the first falls silent. */
  readonly doubles: Map<string, ChildProcess>
}

/** Makes a fault happen. Undefined when there is nobody now whom it could happen to. */
export async function inject(fault: Fault, platform: ChaosPlatform, traces: Traces, before: Before): Promise<Injected | undefined> {
  const { links, services } = platform
  switch (fault.kind) {
    case 'kill-job': case 'pause-job': case 'freeze-job': case 'zombie-job': case 'double-launch': return injectIntoJob(fault, platform, traces, before)
    case 'kill-service': return signal(services.get(fault.service)!.pid(), 'SIGKILL') ? { victim: fault.service } : undefined
    case 'pause-service': return pause(services.get(fault.service)!.pid(), fault.service)
    case 'network-delay': return onLine(fault.link, { delayMs: fault.delayMs }, links)
    case 'network-cut': return onLine(fault.link, { cut: true }, links)
    case 'network-partition': return onLine(fault.link, { held: true }, links)
    case 'network-bandwidth': return onLine(fault.link, { bytesPerSecond: fault.bytesPerSecond }, links)
    case 'kill-broker': {
      await platform.broker!.kill()
      return { victim: 'broker', heal: () => platform.broker!.restart() }
    }
    case 'fill-disk': {
      const { disk } = platform
      if (typeof disk === 'string') return undefined
      await disk.fill()
      return { victim: 'disk', heal: () => disk.free() }
    }
    case 'skew-clock': {
      const file = join(platform.clockDir, fault.app)
      await writeFile(file, String(fault.byMs))
      return { victim: fault.app, heal: () => rm(file) }
    }
    case 'poison': return injectPoison(fault, platform, traces)
    default: return fault satisfies never
  }
}

type JobFault = Extract<Fault, { kind: 'kill-job' | 'pause-job' | 'freeze-job' | 'zombie-job' | 'double-launch' }>

async function injectIntoJob(fault: JobFault, platform: ChaosPlatform, traces: Traces, { queues }: Before): Promise<Injected | undefined> {
  const job = await pickJob(platform.jobs, fault.pick, new Set(queues.map(({ queue_id: id }) => id)))
  if (!job) return undefined
  const struck = await strikeJob(fault, job, platform, traces)
  return struck && { ...struck, queueId: job.queue_id }
}

async function strikeJob(fault: JobFault, job: Victim, platform: ChaosPlatform, traces: Traces): Promise<Injected | undefined> {
  const victim = `${job.target} of ${job.queue_id}, attempt ${job.attempt}`
  const replaced = { queueId: job.queue_id, target: job.target, attempt: job.attempt }
  const silenced = runs(traces.doubles.get(victim)) ? { victim } : { victim, replaced }
  switch (fault.kind) {
    case 'kill-job': return signal(job.pid, 'SIGKILL') ? { victim, replaced } : undefined
    case 'pause-job': return pause(job.pid, victim)
    case 'freeze-job': return signal(job.pid, 'SIGSTOP') ? silenced : undefined
    case 'zombie-job': return makeZombie(job, silenced, fault.wokenAfterMs, platform, traces)
    case 'double-launch': {
      const double = await launchAgain(job)
      if (double?.pid === undefined) return undefined
      traces.strays.add(double.pid)
      traces.doubles.set(victim, double)
      return { victim }
    }
    default: return fault satisfies never
  }
}

const runs = (double: ChildProcess | undefined) => double !== undefined && double.exitCode === null && double.signalCode === null

async function makeZombie(job: Victim, silenced: Injected, wokenAfterMs: number, platform: ChaosPlatform, traces: Traces): Promise<Injected | undefined> {
  if (!signal(job.pid, 'SIGSTOP')) return undefined
  await hideFromLauncher(platform.jobsDir, job)
  traces.strays.add(job.pid)
  return {
    ...silenced,
    aftermath: async () => {
      await new Promise((resolve) => setTimeout(resolve, wokenAfterMs))
      signal(job.pid, 'SIGCONT')
    },
  }
}

async function launchAgain(job: Victim): Promise<ChildProcess | undefined> {
  const launch = await launchOf(job.pid)
  if (!launch) return undefined
  const double = spawn(launch.program, launch.args, { env: { ...launch.env, HEALTH_PORT: '0' }, stdio: 'ignore' })
  double.unref()
  return double
}

function pause(pid: number, victim: string): Injected | undefined {
  if (!signal(pid, 'SIGSTOP')) return undefined
  return { victim, heal: () => Promise.resolve(void signal(pid, 'SIGCONT')) }
}

function onLine(link: Link, line: LineFault, links: ChaosPlatform['links']): Injected | undefined {
  const proxy = links.get(link)
  if (!proxy) return undefined
  proxy.set(line)
  return { victim: `line to the ${link}`, heal: () => Promise.resolve(proxy.set({})) }
}

async function injectPoison(fault: Extract<Fault, { kind: 'poison' }>, { bus, store }: ChaosPlatform, traces: Traces): Promise<Injected | undefined> {
  const queues = (await runningQueues(store)).filter(hasMuchLeft)
  const queue = queues[Math.floor(fault.pick * queues.length)]
  // What is not of one queue has no symbol that it could be wrong in.
  const ofQueue = fault.topic === 'data' && queue !== undefined
  const topic = ofQueue ? queue.kafka_topic : fault.topic === 'data' ? 'queue-events' : fault.topic
  const message = poisonMessage(fault.poison === 'another symbol' && !ofQueue ? 'another shape' : fault.poison, queue?.symbol === 'XXXUSDT' ? 'YYYUSDT' : 'XXXUSDT')
  const [put] = await bus.publish(topic, [{ ...message, partition: 0 }])
  const groups = ofQueue ? [`arango-connector.${queue.queue_id}`] : topic === 'queue-events' ? ['queue-manager'] : []
  traces.poisoned.push({ topic, partition: put!.partition, offset: put!.offset, groups })
  return { victim: topic, ...(ofQueue && { queueId: queue.queue_id }) }
}

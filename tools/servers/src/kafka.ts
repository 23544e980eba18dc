import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { startGuarded, type GuardedProcess } from './guarded-process.ts'
import { kafkaClassPath } from './kafka-jars.ts'
import { kafkaLogging, kafkaProperties } from './kafka-properties.ts'
import { runToEnd, type RunResult } from './run-to-end.ts'

export interface KafkaServer {
  /** `host:port` of every broker; the same after a restart. */
  readonly brokers: string[]
  readonly pid: number
  /** Ends it in order and removes its data when it made the directory. */
  stop(): Promise<void>
  /** SIGKILL; `restart` brings it back with its data. */
  kill(): Promise<void>
  /** Starts it again after kill(), or ends it and starts it again. */
  restart(): Promise<void>
}

export interface KafkaOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Where data and kafka.log go; default: a temporary folder, removed by stop(). An existing one is continued. */
  directory?: string
  /** Megabytes of Java heap; default 256. */
  heapMb?: number
  log?: (line: string) => void
}

const startTimeoutMs = 60_000

/** Starts one Apache Kafka broker on this machine; resolves when it accepts connections. Needs Java and Maven. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const log = options.log ?? (() => {})
  const classPath = await kafkaClassPath()
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'kafka-broker-')))
  const port = options.port || (await freePort())
  await prepareDirectory(directory, { port, classPath })

  const start = () => startBroker({ directory, port, classPath, heapMb: options.heapMb ?? 256 })
  let broker = await start()
  log(`Kafka listens on 127.0.0.1:${port}, process ${broker.pid}`)
  return {
    brokers: [`127.0.0.1:${port}`],
    get pid() { return broker.pid },
    kill: () => broker.kill(),
    restart: async () => {
      await broker.stop()
      broker = await start()
      log(`Kafka is back on 127.0.0.1:${port}, process ${broker.pid}`)
    },
    stop: async () => {
      await broker.stop()
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** Runs a class of Kafka's own tools, such as org.apache.kafka.tools.ProducerPerformance, to its end. */
export async function kafkaTool(className: string, args: readonly string[], options: { heapMb?: number } = {}): Promise<RunResult> {
  const heap = `-Xmx${options.heapMb ?? 512}m`
  return runToEnd('java', [heap, '-XX:+UseSerialGC', '-cp', await kafkaClassPath(), className, ...args])
}

async function prepareDirectory(directory: string, options: { port: number; classPath: string }): Promise<void> {
  await mkdir(directory, { recursive: true })
  const properties = join(directory, 'server.properties')
  await writeFile(join(directory, 'log4j2.xml'), kafkaLogging)
  await writeFile(properties, kafkaProperties({ port: options.port, controllerPort: await freePort(), directory }))
  const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  const format = await runToEnd('java', [
    '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', options.classPath,
    'kafka.tools.StorageTool', 'format', '--ignore-formatted', '-t', clusterId, '-c', properties,
  ])
  if (format.status !== 0) throw new Error(`Kafka's storage could not be prepared in ${directory}: ${format.output.slice(-2000)}`)
}

async function startBroker(options: { directory: string; port: number; classPath: string; heapMb: number }): Promise<GuardedProcess> {
  const { directory, port, classPath, heapMb } = options
  const logFile = join(directory, 'kafka.log')
  await writeFile(logFile, '')
  const broker = await startGuarded('java', [
    `-Xmx${heapMb}m`, '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${join(directory, 'log4j2.xml')}`,
    '-cp', classPath, 'kafka.Kafka', join(directory, 'server.properties'),
  ], logFile)
  try {
    await untilReady(broker, { logFile, port })
  } catch (error) {
    await broker.kill()
    throw error
  }
  return broker
}

async function untilReady(broker: GuardedProcess, options: { logFile: string; port: number }): Promise<void> {
  const giveUp = AbortSignal.timeout(startTimeoutMs)
  while (!broker.hasEnded() && !giveUp.aborted) {
    const log = await readFile(options.logFile, 'utf8')
    if (log.includes('Kafka Server started') && (await accepts(options.port))) return
    await delay(50)
  }
  const tail = (await readFile(options.logFile, 'utf8')).slice(-2000)
  throw new Error(`Kafka ${broker.hasEnded() ? 'ended while starting' : `was not ready after ${startTimeoutMs} ms`}: ${tail}`)
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

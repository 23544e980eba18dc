import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { runToEnd, type RunResult } from '../run-to-end.ts'
import { serverDirectory } from '../server-directory.ts'
import { runServer, type RunningServer, type ServerProcess } from '../start-server.ts'
import { kafkaCaFile, kafkaCertificates } from './kafka-certificates.ts'
import { kafkaClassPath } from './kafka-jars.ts'
import { kafkaLogging, kafkaProperties, type ListenerSecurity } from './kafka-properties.ts'

export interface KafkaServer extends RunningServer {
  /** `host:port` of every broker; the same after a restart. */
  readonly brokers: string[]
  /** What KAFKA_TLS_CA_FILE takes; undefined without TLS. */
  readonly caFile?: string
}

export interface KafkaSecurity {
  /** Of the user `admin`, who may do everything: letters, digits, `.`, `_`, `~`, `-`. */
  adminPassword: string
  /** Further users by name, with their passwords, who may do nothing until ACLs say so. */
  users?: Readonly<Record<string, string>>
  /** Encrypts as well, by a certificate of the broker's own authority. */
  tls?: boolean
}

export interface KafkaOptions {
  /** 0 or undefined takes a free one. */
  port?: number
  /** Address that it listens on, and that clients are told; default 127.0.0.1. */
  host?: string
  /** Port that clients are told, of something before it that passes everything on, such as a proxy; default: its own. */
  advertisedPort?: number
  /** SCRAM-SHA-512 and an authorizer; default: neither. Of an existing directory the users are those of its first start. */
  security?: KafkaSecurity
  /** Where data and kafka.log go; default: a temporary folder, removed by stop(). An existing one is continued. */
  directory?: string
  /** Megabytes of Java heap; default 256. */
  heapMb?: number
  log?: (line: string) => void
}

/** Starts one Apache Kafka broker on this machine; resolves when it accepts connections. Needs Java and Maven. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const { directory, remove } = await serverDirectory('kafka-broker-', options.directory)
  const host = options.host ?? '127.0.0.1'
  const port = options.port || (await freePort(host))
  const { security, heapMb, advertisedPort } = options
  const users = security ? { admin: security.adminPassword, ...security.users } : {}
  const process = kafkaProcess({ directory, host, port, users, ...(security && { security }), ...(advertisedPort !== undefined && { advertisedPort }), ...(heapMb !== undefined && { heapMb }) })
  const server = await runServer(process, remove)
  options.log?.(`Kafka listens on ${host}:${port}, process ${server.pid}`)
  return Object.assign(server, { brokers: [`${host}:${port}`], ...(security?.tls && { caFile: kafkaCaFile(directory) }) })
}

/** Runs a class of Kafka's own tools, such as org.apache.kafka.tools.ProducerPerformance, to its end. */
export async function kafkaTool(className: string, args: readonly string[], options: { heapMb?: number } = {}): Promise<RunResult> {
  const heap = `-Xmx${options.heapMb ?? 512}m`
  return runToEnd('java', [heap, '-XX:+UseSerialGC', '-cp', await kafkaClassPath(), className, ...args])
}

interface Placed {
  directory: string
  host: string
  port: number
  advertisedPort?: number
  heapMb?: number
  security?: Omit<KafkaSecurity, 'users'>
  /** Made at the first start, with their passwords. */
  users: Readonly<Record<string, string>>
}

/** How it is started with its data in `directory`, which is prepared at the first time. */
export async function kafkaProcess({ directory, host, port, advertisedPort, security, users, heapMb = 256 }: Placed): Promise<ServerProcess> {
  for (const password of Object.values(users)) checkPassword(password)
  const classPath = await kafkaClassPath()
  const properties = join(directory, 'server.properties')
  const tls = security?.tls ? await kafkaCertificates(directory, host) : undefined
  const listener: ListenerSecurity | undefined = security && { adminPassword: security.adminPassword, ...(tls && { tls }) }
  await writeFile(join(directory, 'log4j2.xml'), kafkaLogging)
  await rm(properties, { force: true })
  await writeFile(properties, kafkaProperties({ host, port, controllerPort: await freePort(), directory, ...(advertisedPort !== undefined && { advertisedPort }), ...(listener && { security: listener }) }), { mode: 0o600 })
  if (!(await exists(join(directory, 'data', 'meta.properties')))) await format({ directory, classPath, properties, users })
  const logFile = join(directory, 'kafka.log')
  return {
    title: 'Kafka', program: 'java', logFile,
    args: [`-Xmx${heapMb}m`, '-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${join(directory, 'log4j2.xml')}`, '-cp', classPath, 'kafka.Kafka', properties],
    isReady: async () => (await readFile(logFile, 'utf8')).includes('Kafka Server started') && (await accepts(host, port)),
    readyWithinMs: 60_000,
  }
}

/** It stands in a properties file, in quotes of JAAS and in brackets of the storage tool. */
function checkPassword(password: string): void {
  if (!/^[\w.~-]+$/.test(password)) throw new Error("a password of Kafka's may have letters, digits, '.', '_', '~' and '-' here")
}

async function format(options: { directory: string; classPath: string; properties: string; users: Readonly<Record<string, string>> }): Promise<void> {
  const { directory, classPath, properties, users } = options
  // May begin with '-', which no option's separate value may.
  const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  const scram = Object.entries(users).flatMap(([name, password]) => ['--add-scram', `SCRAM-SHA-512=[name=${name},password=${password}]`])
  // Its arguments lie in a file, since everybody reads command lines.
  const argumentsFile = join(directory, 'format-arguments')
  try {
    await writeFile(argumentsFile, ['format', '--ignore-formatted', `--cluster-id=${clusterId}`, '-c', properties, ...scram].join('\n'), { mode: 0o600 })
    const { status, output } = await runToEnd('java', [
      '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'kafka.tools.StorageTool', `@${argumentsFile}`,
    ])
    if (status !== 0) throw new Error(`Kafka's storage could not be prepared in ${directory}: ${output.slice(-2000)}`)
  } finally {
    await rm(argumentsFile, { force: true })
  }
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const exists = (path: string) => stat(path).then(() => true, () => false)

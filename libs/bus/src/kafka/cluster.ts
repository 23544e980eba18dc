import { Kafka, logLevel, type Broker, type Cluster, type KafkaConfig } from 'kafkajs'
import { brokerSocket } from './broker-socket.ts'
import { busClosed, kafkaErrorType } from './kafka-errors.ts'
import { reconnectCleanly, type ConnectionPool } from './reconnect-cleanly.ts'
import { retrying } from './retry.ts'
import { signInAs } from './sign-in.ts'
import { tlsOptions } from './tls.ts'

export interface KafkaConnection {
  /** `host:port` of one broker or more. */
  brokers: readonly string[]
  clientId: string
  sasl?: { mechanism: 'scram-sha-512'; username: string; password: string }
  /** Present: connections are encrypted; see BusConfig. */
  tls?: { caFile?: string }
  /** Milliseconds after which opening fails when no broker answers; default 10,000. */
  connectWithinMs?: number
}

export interface FetchedMessage {
  key: Buffer | null
  value: Buffer | null
  offset: string
  timestamp: string
  headers?: Record<string, Buffer | string | (Buffer | string)[] | undefined>
  isControlRecord?: boolean
}

interface PartitionAnswer {
  partition: number
  offset: string
}

/** A broker's requests that kafkajs has but leaves out of its types, and precise types for some that it has. */
export interface KafkaBroker extends Omit<Broker, 'fetch' | 'produce' | 'describeGroups' | 'offsetFetch' | 'deleteRecords'> {
  fetch(request: Parameters<Broker['fetch']>[0]): Promise<{
    responses: { topicName: string; partitions: { partition: number; highWatermark: string; messages: FetchedMessage[] }[] }[]
  }>
  /** Sends a request of our own making, see wire/produce-request.ts. */
  connectionPool: ConnectionPool & { send<T>(exchange: { request: object; response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> } }): Promise<T> }
  initProducerId(request: { transactionTimeout: number }): Promise<{ producerId: string; producerEpoch: number }>
  listOffsets(request: {
    replicaId: number; isolationLevel: number
    topics: { topic: string; partitions: { partition: number; timestamp: number }[] }[]
  }): Promise<{ responses: { topic: string; partitions: PartitionAnswer[] }[] }>
  offsetFetch(request: { groupId: string; topics: { topic: string; partitions: { partition: number }[] }[] }): Promise<{
    responses: { topic: string; partitions: PartitionAnswer[] }[]
  }>
  findGroupCoordinator(request: { groupId: string; coordinatorType: 0 }): Promise<{ coordinator: { nodeId: number } }>
  joinGroup(request: {
    groupId: string; memberId: string; sessionTimeout: number; rebalanceTimeout: number; groupProtocols: { name: string; metadata: Buffer }[]
  }): Promise<{ generationId: number; leaderId: string; memberId: string; members: { memberId: string; memberMetadata: Buffer }[] }>
  syncGroup(request: {
    groupId: string; memberId: string; generationId: number; groupAssignment: { memberId: string; memberAssignment: Buffer }[]
  }): Promise<{ memberAssignment: Buffer }>
  heartbeat(request: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>
  leaveGroup(request: { groupId: string; memberId: string }): Promise<unknown>
  listGroups(): Promise<{ groups: { groupId: string; protocolType: string }[] }>
  describeGroups(request: { groupIds: string[] }): Promise<{ groups: { groupId: string; state: string; members: { memberId: string }[] }[] }>
  deleteGroups(groups: string[]): Promise<{ results: { groupId: string; error?: unknown }[] }>
  createTopics(request: {
    topics: { topic: string; numPartitions: number; replicationFactor: number; configEntries: { name: string; value: string }[] }[]
  }): Promise<unknown>
  deleteTopics(request: { topics: string[] }): Promise<unknown>
  deleteRecords(request: { topics: { topic: string; partitions: { partition: number; offset: string }[] }[] }): Promise<unknown>
  describeConfigs(request: { resources: { type: number; name: string; configNames: string[] }[] }): Promise<{
    resources: { configEntries: { configName: string; configValue: string | null }[] }[]
  }>
}

/** Which broker leads each partition; the index is the partition. */
export type Leaders = readonly number[]

/** Connections to a Kafka cluster, and where to send what. */
export interface KafkaCluster {
  /** A broker that answers requests about topics and producers. */
  anyBroker(): Promise<KafkaBroker>
  broker(nodeId: number): Promise<KafkaBroker>
  brokers(): Promise<KafkaBroker[]>
  coordinator(group: string): Promise<KafkaBroker>
  /** Undefined when the topic does not exist. */
  leaders(topic: string): Promise<Leaders | undefined>
  topics(): Promise<string[]>
  /** Learns anew which brokers there are. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/** @throws StreamForgeError BUS_UNAVAILABLE when no broker answers in time, BAD_CONFIG when it refuses the user or has another certificate */
export async function openCluster(connection: KafkaConnection, random: () => number): Promise<KafkaCluster> {
  const cluster = rawCluster(connection, await tlsOptions(connection.tls))
  const { brokers, connectWithinMs: withinMs = 10_000 } = connection
  await retrying({ doing: `reach a broker at ${brokers.join(', ')}`, withinMs, random }, async () => {
    await cluster.connect()
    await cluster.refreshMetadata()
  }).catch(async (error: unknown) => {
    await cluster.disconnect()
    throw error
  })
  return new ConnectedCluster(cluster)
}

/**
 * kafkajs's own connections and protocol, without its producer and consumer. It hands them out only to a partition assigner; making a
 * consumer connects nothing. Its retriers get few tries because the loops above them know when to give up.
 */
function rawCluster({ brokers, clientId, sasl }: KafkaConnection, ssl: KafkaConfig['ssl']): Cluster {
  const kafka = new Kafka({
    brokers: [...brokers], clientId, ssl, ...(sasl && { sasl: signInAs(sasl) }),
    connectionTimeout: 3000, requestTimeout: 30_000, socketFactory: brokerSocket,
    logLevel: logLevel.NOTHING, logCreator: () => () => {},
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 2 },
  } as KafkaConfig)
  const seen: Cluster[] = []
  kafka.consumer({
    groupId: clientId,
    allowAutoTopicCreation: false,
    partitionAssigners: [({ cluster }) => {
      seen.push(cluster)
      return { name: 'none', version: 0, assign: async () => [], protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }) }
    }],
  })
  return seen[0]!
}

class ConnectedCluster implements KafkaCluster {
  readonly #cluster: Cluster
  #closed = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async anyBroker(): Promise<KafkaBroker> {
    this.#mustBeOpen()
    return typed(await this.#cluster.findControllerBroker())
  }

  async broker(nodeId: number): Promise<KafkaBroker> {
    this.#mustBeOpen()
    return typed(await this.#cluster.findBroker({ nodeId: String(nodeId) }))
  }

  async brokers(): Promise<KafkaBroker[]> {
    return Promise.all(this.#cluster.getNodeIds().map((id) => this.broker(Number(id))))
  }

  async coordinator(group: string): Promise<KafkaBroker> {
    const { coordinator } = await (await this.anyBroker()).findGroupCoordinator({ groupId: group, coordinatorType: 0 })
    return this.broker(coordinator.nodeId)
  }

  async leaders(topic: string): Promise<Leaders | undefined> {
    const broker = await this.anyBroker()
    try {
      const { topicMetadata } = await broker.metadata([topic])
      const partitions = topicMetadata[0]!.partitionMetadata.toSorted((a, b) => a.partitionId - b.partitionId)
      return partitions.map((p) => p.leader)
    } catch (error) {
      const type = kafkaErrorType(error)
      if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || type === 'INVALID_TOPIC_EXCEPTION') return undefined
      throw error
    }
  }

  async topics(): Promise<string[]> {
    const { topicMetadata } = await (await this.anyBroker()).metadata([])
    return topicMetadata.map((t) => t.topic)
  }

  async refresh(): Promise<void> {
    this.#mustBeOpen()
    await this.#cluster.refreshMetadata()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#cluster.disconnect()
  }

  #mustBeOpen(): void {
    if (this.#closed) throw busClosed()
  }
}

function typed(broker: Broker): KafkaBroker {
  const known = broker as unknown as KafkaBroker
  reconnectCleanly(known.connectionPool)
  return known
}

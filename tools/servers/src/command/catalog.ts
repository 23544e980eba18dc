import { readFile } from 'node:fs/promises'
import { influxdbProcess, setUpInfluxdb } from '../influxdb/influxdb.ts'
import { influxdbFolderName, influxdbVersion } from '../influxdb/influxdb-program.ts'
import { kafkaCaFile } from '../kafka/kafka-certificates.ts'
import { kafkaFolderName, kafkaVersion } from '../kafka/kafka-jars.ts'
import { kafkaProcess } from '../kafka/kafka.ts'
import { keycloakProcess, type KeycloakRealm } from '../keycloak/keycloak.ts'
import { keycloakFolderName, keycloakVersion } from '../keycloak/keycloak-distribution.ts'
import { minioFolderName, minioProcess, minioRegion, minioVersion } from '../minio/minio.ts'
import { mlflowProcess } from '../mlflow/mlflow.ts'
import { mlflowVersion } from '../mlflow/mlflow-environment.ts'
import { makeDatabase, postgresAddress, postgresProcess } from '../postgres/postgres.ts'
import { postgresVersion } from '../postgres/postgres-programs.ts'
import type { ServerProcess } from '../start-server.ts'
import type { KafkaAccess, Secrets } from './servers-folder.ts'
import type { Tool } from './tools.ts'

/** In the order in which they are started; they are stopped in the reverse one. */
export const serverNames = ['kafka', 'minio', 'influxdb', 'postgres', 'mlflow', 'keycloak'] as const
export type ServerName = (typeof serverNames)[number]

/** Where a server is, and what it may know. */
export interface Placement {
  host: string
  port: number
  directory: string
  secrets: Secrets
  kafkaAccess: KafkaAccess
  /** Where a server that this one needs runs. */
  addressOf(name: ServerName): { host: string; port: number }
}

export interface CatalogEntry {
  title: string
  version(): Promise<string>
  /** Taken if it is free. */
  port: number
  /** Programs that it runs with. */
  tools: readonly Tool[]
  /** Its folder in the cache, and the programs that it is brought there with. */
  fetched?: { folderName: string; with: readonly Tool[] }
  /** Servers that must run before. */
  needs: readonly ServerName[]
  prepare(placement: Placement): Promise<ServerProcess>
  /** What is done once it answers; harmless when repeated. */
  afterStart?(placement: Placement): Promise<void>
  /** What StreamForge's services take from their environment to use it. */
  environment(placement: Omit<Placement, 'addressOf'>): Record<string, string>
}

const realmFile = new URL('../../../../k8s/dependencies/keycloak/realm.json', import.meta.url)
const url = ({ host, port }: { host: string; port: number }) => `http://${host}:${port}`

export const catalog: Readonly<Record<ServerName, CatalogEntry>> = {
  kafka: {
    title: 'Apache Kafka', version: async () => kafkaVersion, port: 9092, tools: ['java'], fetched: { folderName: kafkaFolderName, with: ['mvn'] }, needs: [],
    // The administrator is made at the first start even if nobody is asked for a name yet: that can be changed later.
    prepare: ({ host, port, directory, secrets, kafkaAccess }) => kafkaProcess({
      host, port, directory, users: { admin: secrets.kafka },
      ...(kafkaAccess !== 'plain' && { security: { adminPassword: secrets.kafka, tls: kafkaAccess === 'tls' } }),
    }),
    environment: ({ host, port, directory, secrets, kafkaAccess }) => ({
      BUS: 'kafka', KAFKA_BROKERS: `${host}:${port}`,
      ...(kafkaAccess !== 'plain' && { KAFKA_SASL_USERNAME: 'admin', KAFKA_SASL_PASSWORD: secrets.kafka }),
      ...(kafkaAccess === 'tls' && { KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: kafkaCaFile(directory) }),
    }),
  },
  minio: {
    title: 'MinIO', version: async () => minioVersion, port: 9000, tools: [], fetched: { folderName: minioFolderName, with: ['go'] }, needs: [],
    prepare: ({ directory, secrets, ...at }) => minioProcess({ url: url(at), directory, accessKey: 'streamforge', secretKey: secrets.minio }),
    environment: ({ secrets, ...at }) => ({
      OBJECTS: 's3', S3_ENDPOINT: url(at), S3_BUCKET: 'streamforge', S3_REGION: minioRegion, S3_ACCESS_KEY: 'streamforge', S3_SECRET_KEY: secrets.minio,
    }),
  },
  influxdb: {
    title: 'InfluxDB', version: async () => influxdbVersion, port: 8086, tools: [], fetched: { folderName: influxdbFolderName, with: ['go', 'cargo'] }, needs: [],
    prepare: ({ directory, ...at }) => influxdbProcess({ url: url(at), directory }),
    afterStart: ({ secrets, ...at }) => setUpInfluxdb(url(at), secrets.influxdb),
    environment: ({ secrets, ...at }) => ({
      TIMESERIES: 'influx', INFLUX_URL: url(at), INFLUX_TOKEN: secrets.influxdb, INFLUX_ORG: 'streamforge', INFLUX_BUCKET: 'streamforge',
    }),
  },
  postgres: {
    title: 'PostgreSQL', version: postgresVersion, port: 5432, tools: [], needs: [],
    prepare: ({ host, port, directory, secrets }) => postgresProcess({ host, port, directory, password: secrets.postgres }),
    afterStart: ({ host, port, secrets }) => makeDatabase(postgresAddress(host, port, secrets.postgres)),
    environment: ({ host, port, secrets }) => ({ POSTGRES_URL: postgresAddress(host, port, secrets.postgres) }),
  },
  mlflow: {
    title: 'MLflow', version: async () => mlflowVersion, port: 5000, tools: ['python3'], needs: ['postgres'],
    prepare: async ({ directory, secrets, addressOf, ...at }) => {
      const postgres = addressOf('postgres')
      const backendStore = postgresAddress(postgres.host, postgres.port, secrets.postgres, 'mlflow')
      await makeDatabase(backendStore)
      return mlflowProcess({ url: url(at), directory, backendStore })
    },
    environment: (at) => ({ MLFLOW_TRACKING_URI: url(at) }),
  },
  keycloak: {
    title: 'Keycloak', version: async () => keycloakVersion, port: 8180, tools: ['java'], fetched: { folderName: keycloakFolderName, with: ['mvn'] }, needs: [],
    prepare: async ({ directory, secrets, ...at }) => {
      const realm = JSON.parse(await readFile(realmFile, 'utf8')) as KeycloakRealm
      return keycloakProcess({ url: url(at), directory, adminPassword: secrets.keycloak, realms: [realm] })
    },
    environment: () => ({}),
  },
}

/** The servers asked for and those that they need, in the order of starting. */
export function withNeeds(names: readonly ServerName[]): ServerName[] {
  const wanted = new Set(names)
  for (const name of serverNames.toReversed()) if (wanted.has(name)) for (const needed of catalog[name].needs) wanted.add(needed)
  return serverNames.filter((name) => wanted.has(name))
}

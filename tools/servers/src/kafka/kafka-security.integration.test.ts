import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaAvailable, kafkaVersion } from './kafka-jars.ts'
import { type KafkaServer, startKafka } from './kafka.ts'

const available = await kafkaAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`

describe.skipIf(!available.ok)(`a real Kafka ${kafkaVersion} that asks who is there${skipped}`, () => {
  const passwords = { admin: 'the-admins-own', loader: 'the-loaders-own' }
  let directory: string
  let server: KafkaServer
  let ca: string
  const start = async () => {
    server = await startKafka({ directory, security: { adminPassword: passwords.admin, users: { loader: passwords.loader }, tls: true } })
    ca = await readFile(server.caFile!, 'utf8')
  }
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kafka-security-'))
    await start()
  })
  afterAll(async () => {
    await server?.stop()
    await rm(directory, { recursive: true })
  })

  const as = (username: string, password: string) => new Kafka({
    brokers: server.brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 },
    sasl: { mechanism: 'scram-sha-512', username, password }, ssl: { ca },
  })
  const asAdmin = async <T>(work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> => {
    const admin = as('admin', passwords.admin).admin()
    await admin.connect()
    return work(admin).finally(() => admin.disconnect())
  }
  const send = async (username: string, password: string, topic: string) => {
    const producer = as(username, password).producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'x' }] }).finally(() => producer.disconnect())
  }

  it('says nothing to who does not speak TLS', async () => {
    const producer = new Kafka({ brokers: server.brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 }, requestTimeout: 3000 }).producer()
    await expect(producer.connect()).rejects.toThrow()
  })

  it('refuses a wrong password and a stranger', async () => {
    await expect(send('admin', 'wrong', 'any')).rejects.toThrow(/SASL SCRAM/)
    await expect(send('stranger', passwords.admin, 'any')).rejects.toThrow(/SASL SCRAM/)
  })

  it('lets a user do what an ACL allows and nothing else', async () => {
    await asAdmin((admin) => admin.createTopics({ topics: [{ topic: 'allowed' }, { topic: 'other' }] }))
    await asAdmin((admin) => admin.createAcls({ acl: [{
      resourceType: AclResourceTypes.TOPIC, resourceName: 'allowed', resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: 'User:loader', host: '*', operation: AclOperationTypes.WRITE, permissionType: AclPermissionTypes.ALLOW,
    }] }))
    await send('loader', passwords.loader, 'allowed')
    await expect(send('loader', passwords.loader, 'other')).rejects.toThrow(/authorized/i)
    expect(await asAdmin((admin) => admin.fetchTopicOffsets('allowed'))).toMatchObject([{ high: '1' }])
  })

  it('is continued in its directory by the next one, with users, ACLs and messages', { timeout: 120_000 }, async () => {
    await server.stop()
    await start()
    await send('loader', passwords.loader, 'allowed')
    await expect(send('loader', passwords.loader, 'other')).rejects.toThrow(/authorized/i)
    expect(await asAdmin((admin) => admin.fetchTopicOffsets('allowed'))).toMatchObject([{ high: '2' }])
  })
})

it('takes only passwords that mean the same in every file', async () => {
  await expect(startKafka({ security: { adminPassword: 'with "quotes"' } })).rejects.toThrow(/letters, digits/)
})

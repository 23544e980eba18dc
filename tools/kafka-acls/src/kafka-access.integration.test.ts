import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { connectBus, openKafkaAccess, publishDeadLetters, type Bus } from '@streamforge/bus'
import { busAccess, catalog, dataTopic, deadLetterTopic, shadowQueueId, StreamForgeError, type BusUser, type CatalogEntry } from '@streamforge/contracts'
import { kafkaAvailable, kafkaVersion, startKafka, type KafkaServer } from '@streamforge/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyAccess } from './apply-access.ts'

const available = await kafkaAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`
const entries = Object.values(catalog) as CatalogEntry[]
const queue = 'wf-btcusdt-api_trades-20240801-a1b2c3'
const topicOf = ({ topic }: CatalogEntry) => topic.replace('{queue_id}', queue)
const groupOf = (group: string) => group.replace('{queue_id}', queue)
const denied = { code: 'BAD_CONFIG' }

describe.skipIf(!available.ok)(`access to a Kafka ${kafkaVersion} with SCRAM, TLS and an authorizer${skipped}`, () => {
  const adminPassword = 'the-admins-own'
  let kafka: KafkaServer
  let directory: string
  const open: Bus[] = []
  const connection = (username: string, password: string) => ({
    brokers: kafka.brokers, clientId: username, tls: { caFile: kafka.caFile! }, connectWithinMs: 5000,
    sasl: { mechanism: 'scram-sha-512' as const, username, password },
  })
  const signIn = async (user: string): Promise<Bus> => {
    const password = user === 'admin' ? adminPassword : (await readFile(join(directory, user), 'utf8')).trim()
    const bus = await connectBus({ kind: 'kafka', ...connection(user, password) })
    open.push(bus)
    return bus
  }

  beforeAll(async () => {
    kafka = await startKafka({ security: { adminPassword, tls: true } })
    directory = await mkdtemp(join(tmpdir(), 'streamforge-kafka-users-'))
    const applied = await applyAccess(connection('admin', adminPassword), directory)
    expect(applied.map(({ user }) => user)).toEqual(Object.keys(busAccess()))
    expect(applied.every(({ made, added, removed }) => made && added > 0 && removed === 0)).toBe(true)
    const manager = await signIn('queue-manager')
    await manager.admin.createTopic({ name: `${queue}-data`, partitions: 1 })
    const admin = await signIn('admin')
    for (const entry of entries) await admin.publish(topicOf(entry), [{ value: '{}' }])
    await admin.publish(deadLetterTopic.name, [{ value: '{}' }])
  }, 120_000)
  afterAll(async () => {
    await Promise.all(open.map((bus) => bus.close()))
    await kafka?.stop()
    if (directory) await rm(directory, { recursive: true })
  })

  it.each(Object.keys(busAccess()) as BusUser[])('%s can do what it must, and nothing else', { timeout: 60_000 }, async (user) => {
    const bus = await signIn(user)
    const rules = busAccess()[user]
    const has = (operation: string, topic: string) => rules.some((rule) => rule.resource === 'topic' && rule.operations.some((o) => o === operation)
      && (rule.name === '*' || (rule.pattern === 'prefix' ? topic.startsWith(rule.name) : rule.name === topic)))
    for (const topic of [...entries.map(topicOf), deadLetterTopic.name]) {
      const write = bus.publish(topic, [{ value: '{}' }])
      if (has('write', topic)) await write
      else await expect(write, `${user} must not write ${topic}`).rejects.toMatchObject(denied)
      const read = bus.admin.describeTopic(topic).then(async () => bus.admin.peek(topic, { partition: 0, limit: 1 }))
      if (has('read', topic)) expect(await read, `${user} reads ${topic}`).toHaveLength(1)
      else await expect(read, `${user} must not read ${topic}`).rejects.toMatchObject(denied)
    }
    for (const entry of entries) {
      for (const group of entry.groups[user] ?? []) {
        const consumed = Promise.withResolvers<void>()
        const consumer = await bus.consume({ group: groupOf(group), topics: [topicOf(entry)], from: 'earliest' }, async () => consumed.resolve())
        await Promise.race([consumed.promise, consumer.done])
        await consumer.close()
        expect((await bus.admin.lag(groupOf(group), topicOf(entry)))[0]!.committed).toBeGreaterThan(0n)
      }
    }
    const readable = [...entries.map(topicOf)].find((topic) => has('read', topic))!
    const stranger = await bus.consume({ group: 'somebody-elses', topics: [readable], from: 'earliest' }, async () => undefined)
    await expect(stranger.done).rejects.toMatchObject(denied)
    if (user !== 'queue-manager') {
      await expect(bus.admin.createTopic({ name: 'wf-made-by-others-data', partitions: 1 })).rejects.toMatchObject(denied)
      await expect(bus.admin.deleteTopic(`${queue}-data`)).rejects.toMatchObject(denied)
      // As every service does at its start: it is no matter that it may not.
      expect(await bus.admin.createTopic({ name: 'queue-events', partitions: 4 })).toBe(false)
    }
  })

  it('lets queue-manager keep topics and groups in order', async () => {
    const [manager, connector] = [await signIn('queue-manager'), await signIn('arango-connector')]
    const topic = 'wf-ethusdt-ws_trades-20240801-a1b2c3-data'
    const group = 'arango-connector.wf-ethusdt-ws_trades-20240801-a1b2c3'
    await manager.admin.createTopic({ name: topic, partitions: 1 })
    await (await signIn('loader-ws')).publish(topic, [{ value: 'a' }, { value: 'b' }])
    const bad = Promise.withResolvers<void>()
    const consumer = await connector.consume({ group, topics: [topic], from: 'earliest' }, async ({ messages }) => {
      await publishDeadLetters(connector, [{ message: messages[0]!, error: new StreamForgeError('BAD_MESSAGE', 'bad') }], { group, service: 'arango-connector', now: 0 })
      bad.resolve()
    })
    await bad.promise
    await consumer.close()
    expect(await manager.admin.groupsOf(topic)).toContain(group)
    expect(await manager.admin.deleteRecords(topic, { partition: 0, before: 2n })).toBe(2n)
    await connector.admin.seek(group, topic, 'earliest')
    await manager.admin.deleteGroup(group)
    await manager.admin.deleteTopic(topic)
    await expect(manager.admin.deleteTopic('queue-events')).rejects.toMatchObject(denied)
  })

  it('lets a version that is not trusted run beside the current one, and touch nothing of it', { timeout: 60_000 }, async () => {
    const [cli, shadow, processor] = [await signIn('cli'), await signIn('canary'), await signIn('processor')]
    const [input, current] = [`${queue}-data`, 'wf-all-features_5m-20240801-a1b2c3']
    const own = shadowQueueId(current, 'ffffff')
    await (await signIn('queue-manager')).admin.createTopic({ name: dataTopic(current), partitions: 1 })
    await cli.admin.createTopic({ name: dataTopic(own), partitions: 1 })
    const consumeAll = async (bus: Bus, group: string) => {
      const { partitions: [end] } = await bus.admin.describeTopic(input)
      const reached = Promise.withResolvers<void>()
      const consumer = await bus.consume({ group, topics: [input], from: 'earliest' }, async ({ messages }) => {
        if (messages.at(-1)!.offset + 1n >= end!.latest) reached.resolve()
      })
      await Promise.race([reached.promise, consumer.done])
      await consumer.close()
      return (await cli.admin.lag(group, input))[0]!.committed
    }
    const groups = { current: `processor.${current}`, shadow: `processor.${own}` }
    const before = await consumeAll(processor, groups.current)
    expect(await consumeAll(shadow, groups.shadow)).toBe(before)
    await shadow.publish(dataTopic(own), [{ value: '{"of":"the shadow"}' }])
    await shadow.publish('queue-events', [{ value: '{}' }])
    expect(await cli.admin.peek(dataTopic(own), { partition: 0, limit: 1 })).toHaveLength(1)

    for (const forbidden of [
      () => shadow.publish(dataTopic(current), [{ value: '{}' }]), () => shadow.publish(input, [{ value: '{}' }]), () => shadow.publish('queue-control', [{ value: '{}' }]),
      () => shadow.admin.seek(groups.current, input, 'earliest'), () => shadow.admin.deleteGroup(groups.current), () => cli.admin.deleteGroup(groups.current),
      () => shadow.admin.deleteTopic(dataTopic(current)), () => cli.admin.deleteTopic(dataTopic(current)), () => shadow.admin.deleteTopic(dataTopic(own)),
      () => shadow.admin.createTopic({ name: dataTopic(shadowQueueId(current, 'eeeeee')), partitions: 1 }), () => shadow.admin.peek('quotes', { partition: 0, limit: 1 }),
      () => cli.admin.createTopic({ name: 'wf-made-by-people-data', partitions: 1 }), () => processor.publish(dataTopic(own), [{ value: '{}' }]),
    ]) await expect(forbidden(), String(forbidden)).rejects.toMatchObject(denied)
    const intruder = await shadow.consume({ group: groups.current, topics: [input], from: 'earliest' }, async () => undefined)
    await expect(intruder.done).rejects.toMatchObject(denied)
    expect((await cli.admin.lag(groups.current, input))[0]!.committed).toBe(before)

    await cli.admin.deleteGroup(groups.shadow)
    await cli.admin.deleteTopic(dataTopic(own))
    expect((await cli.admin.listTopics()).filter((name) => name.startsWith('canary-'))).toEqual([])
  })

  it('changes nothing the second time, and takes away what is not wanted', async () => {
    const admin = connection('admin', adminPassword)
    const access = await openKafkaAccess(admin)
    await access.setRules('trainer', [...busAccess().trainer, { resource: 'topic', name: 'quotes', pattern: 'literal', operations: ['write'] }])
    await access.close()
    const applied = await applyAccess(admin, directory)
    expect(applied.filter(({ made, added, removed }) => made || added > 0 || removed > 0)).toEqual([{ user: 'trainer', made: false, added: 0, removed: 1 }])
  })

  it('refuses who does not know the password, or has no encryption, and tells no secret', { timeout: 30_000 }, async () => {
    const wrong = await connectBus({ kind: 'kafka', ...connection('trainer', 'a-wrong-secret') }).catch((error: unknown) => error)
    expect(wrong).toMatchObject(denied)
    expect(inspect(wrong, { depth: 10, showHidden: true })).not.toContain('a-wrong-secret')
    const { tls: _, ...plain } = connection('admin', adminPassword)
    const unencrypted = await connectBus({ kind: 'kafka', ...plain, ...{ connectWithinMs: 500 } }).catch((error: unknown) => error)
    expect(unencrypted).toMatchObject({ code: 'BUS_UNAVAILABLE', remedy: expect.stringContaining('KAFKA_TLS') as string })
    expect(inspect(unencrypted, { depth: 10, showHidden: true })).not.toContain(adminPassword)
    await expect(connectBus({ kind: 'kafka', ...connection('admin', adminPassword), tls: {} })).rejects.toMatchObject({ code: 'BAD_CONFIG', remedy: expect.stringContaining('KAFKA_TLS_CA_FILE') as string })
    await expect(connectBus({ kind: 'kafka', ...connection('admin', adminPassword), tls: { caFile: '/nowhere' } })).rejects.toMatchObject({ code: 'BAD_CONFIG' })
  })
})

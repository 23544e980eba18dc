import { connectBus, type Bus } from '@streamforge/bus'
import { catalog, QueueEvent } from '@streamforge/contracts'
import { applyAccess } from '@streamforge/kafka-acls'
import { kafkaAvailable, kafkaVersion, startKafka, type KafkaServer } from '@streamforge/servers'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followWorkflow } from '../commands/watch.ts'
import { makeFeatures, repositoryRoot, runCanary } from './canary-fixture.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

const available = await kafkaAvailable()
const skipped = available.ok ? '' : ` (skipped: ${available.reason})`
const adminPassword = 'the-admins-own'

describe.skipIf(!available.ok)(`a shadow on Kafka ${kafkaVersion}, where each service has a user of its own${skipped}`, () => {
  let folder: string
  let kafka: KafkaServer
  let running: SimulatedPlatform
  let environment: Record<string, string>
  let people: Bus
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'streamforge-canary-kafka-'))
    const [users, releases] = [join(folder, 'users'), join(folder, 'releases')]
    await mkdir(releases)
    // The version that runs, by another name: what it makes must be the same.
    await symlink(repositoryRoot, join(releases, 'v0.2.0'))
    kafka = await startKafka({ security: { adminPassword, tls: true } })
    const connection = (username: string, password: string) => ({
      brokers: kafka.brokers, clientId: username, tls: { caFile: kafka.caFile! }, sasl: { mechanism: 'scram-sha-512' as const, username, password },
    })
    await applyAccess(connection('admin', adminPassword), users)
    environment = { BUS: 'kafka', KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: kafka.caFile!, KAFKA_SASL_PASSWORD_DIR: users }
    running = await startSimulatedPlatform({ env: { ...environment, WS_RATE: '100' } })
    people = await connectBus({ kind: 'kafka', ...connection('cli', (await readFile(join(users, 'cli'), 'utf8')).trim()) })
  }, 120_000)
  afterAll(async () => {
    await people?.close()
    await running?.close()
    await kafka?.stop()
    if (folder) await rm(folder, { recursive: true })
  })
  const canary = (queue: string, app: string, ...args: string[]) =>
    runCanary(running.platform.dataDir, join(folder, 'releases'), [queue, '--app', app, '--release', 'v0.2.0', ...args], environment)

  it('makes the same as the current version, of what is stored and of what is on topics', { timeout: 120_000 }, async () => {
    const queues = await makeFeatures(running)
    const [made, stored] = await Promise.all([canary(queues.get('ALL features_5m')!, 'processor'), canary(queues.get('BTCUSDT api_candles_5m')!, 'arango-connector')])
    for (const { code, report } of [made, stored]) expect([code, report.verdict, report.comparison.differences]).toEqual([0, 'agreed', []])
    expect(made.report.comparison.equal).toBeGreaterThan(500)
    expect(stored.report.comparison.equal).toBe(288)
  })

  it('runs beside a live stream, which goes on without a loss', { timeout: 120_000 }, async () => {
    const { workflow_id: id } = await running.api.submit({ symbols: ['BTCUSDT'], types: ['ws_trades'], time_range: `${await running.exchangeTime()}:` })
    const live = async () => (await running.api.workflow(id)).queues[0]!
    const stored = async () => (await live()).jobs.find((job) => job.target === 'arango-connector')?.records_written ?? 0
    await expect.poll(stored, { timeout: 60_000 }).toBeGreaterThan(100)
    const { queue_id: current, kafka_topic: topic } = await live()
    const { code, report } = await canary(current, 'arango-connector', '--for', '4')
    expect(await people.admin.groupsOf(topic)).toEqual([`arango-connector.${current}`])
    expect([code, report.verdict, report.comparison.differences]).toEqual([0, 'agreed', []])
    expect(report.comparison.equal).toBeGreaterThan(100)
    await running.api.stop(id)
    const [queue] = (await followWorkflow(running.api, id, { json: true })).queues
    expect(queue!.certificate).toMatchObject({ complete: true, lost: 0, dead_lettered: 0 })
  })

  it('was another user than the current version, was refused nothing and leaves nothing', async () => {
    const jobs = join(running.platform.dataDir, 'canary', 'jobs')
    const logs = (await readdir(jobs)).filter((name) => name.endsWith('.log'))
    expect(logs).toHaveLength(3)
    for (const name of logs) expect(await readFile(join(jobs, name), 'utf8'), name).not.toMatch(/authoriz|AUTHORIZATION/)
    expect((await people.admin.listTopics()).filter((name) => name.startsWith('canary-'))).toEqual([])
    const { partitions } = await people.admin.describeTopic('dead-letters')
    expect(partitions.map(({ latest }) => latest)).toEqual([0n])
    const reported: string[] = []
    for (let partition = 0; partition < catalog['queue-events'].partitions; partition++) {
      for (const { value } of await people.admin.peek('queue-events', { partition, limit: 10_000 })) {
        const event = QueueEvent.parse(JSON.parse(value.toString()))
        if (event.status === 'started' && event.queue_id.startsWith('canary-')) reported.push(event.queue_id)
      }
    }
    expect(new Set(reported).size).toBe(3)
  })
})

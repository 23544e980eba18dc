import { catalog, StoredQueue, StoredWorkflow, StreamForgeError, Workflow, WorkflowRequest, type ControlMessage, type WorkflowUpdate } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { advance } from '../queue/advance-queue.ts'
import { planWorkflow } from '../plan/plan-workflow.ts'
import { certificate, testContext } from '../queue/queue-fixture.ts'
import type { StoredDocument } from '@streamforge/store'
import { openWorkflowRecords } from './workflow-records.ts'
import { openTestPlatform, type TestPlatform } from './test-platform.ts'
import type { Orchestrator } from './orchestrator.ts'

const request = (more: object = {}) => WorkflowRequest.parse({ symbols: ['BTCUSDT'], types: ['api_candles_5m'], time_range: '2022-08-01:2022-08-02', options: { max_attempts: 3 }, ...more })

let platform: TestPlatform
beforeEach(async () => { platform = await openTestPlatform() })
afterEach(() => platform.close())

const reaches = (orchestrator: Orchestrator, id: string, status: Workflow['status']) =>
  expect.poll(async () => (await orchestrator.workflow(id)).status, { timeout: 10_000, interval: 5 }).toBe(status)
const checkpoint = [{ shard: 0, position: 1_659_350_000_000, records: 100, done: false }]
async function finishQueue(n: number, of = platform) {
  const loader = await of.launched('loader-producer', n)
  const connector = await of.launched('arango-connector', n)
  await of.say(loader, { status: 'finished', finished: true, records_written: 288 })
  const queue = { ...loader, from: 1_659_312_000_000, to: 1_659_398_400_000 } as unknown as StoredQueue
  await of.say(connector, { status: 'finished', finished: true, records_written: 288, certificate: certificate(queue) })
  for (const job of [loader, connector]) of.played.end(job, { status: 'succeeded' })
}

describe('a workflow', () => {
  it('goes from its request to its certificate', async () => {
    const orchestrator = await platform.start()
    const planned = await orchestrator.create(request({ name: 'first' }))
    expect(Workflow.parse(planned)).toMatchObject({ status: 'pending', name: 'first', queues: [{ status: 'pending' }] })
    const id = planned.workflow_id
    const loader = await platform.launched('loader-producer')
    expect(loader.image).toContain('loader-api')
    expect(await platform.bus.admin.listTopics()).toContain(loader.kafka_topic)
    await platform.say(loader, { status: 'started' })
    await reaches(orchestrator, id, 'running')
    await finishQueue(1)
    await reaches(orchestrator, id, 'finished')
    const done = Workflow.parse(await orchestrator.workflow(id))
    expect(done).toMatchObject({ stages: [{ status: 'finished', records_written: 288 }, { status: 'finished' }], queues: [{ certificate: { complete: true } }] })
    expect(platform.played.launches).toHaveLength(2)
    const control = await platform.bus.admin.peek('queue-control', { partition: 0, limit: 10 })
    expect(control.map((m) => (JSON.parse(m.value.toString()) as ControlMessage).command)).toEqual(['start', 'start'])
    await expect.poll(async () => (await platform.store.get<StoredQueue>('queues', loader.queue_id))?.outbox).toEqual([])
    const stored = await platform.store.get<StoredWorkflow>('workflows', id)
    expect(StoredWorkflow.parse(stored)).toMatchObject({ status: 'finished' })
    expect(StoredQueue.parse(await platform.store.get('queues', loader.queue_id)).status).toBe('finished')
  })

  it('runs a limited number of queues at once, in order', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request({ symbols: ['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT'] }))
    for (let n = 1; n <= 5; n++) {
      await platform.launched('loader-producer', Math.min(5, n + 1))
      const running = (await orchestrator.workflow(id)).queues.filter((q) => q.status === 'running')
      expect(running.length).toBeLessThanOrEqual(2)
      await finishQueue(n)
    }
    await reaches(orchestrator, id, 'finished')
    expect(platform.played.launches.filter((l) => l.target === 'loader-producer').map((l) => l.symbol)).toEqual(['AUSDT', 'BUSDT', 'CUSDT', 'DUSDT', 'EUSDT'])
  })

  it('is relaunched from its checkpoint when a worker is killed', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    const loader = await platform.launched('loader-producer')
    await platform.say(loader, { records_written: 100, checkpoint })
    await expect.poll(async () => (await orchestrator.workflow(id)).queues[0]?.jobs[0]?.records_written).toBe(100)
    platform.played.end(loader, { status: 'failed', exitCode: undefined, signal: 'SIGKILL', reason: 'killed by SIGKILL' })
    expect(await platform.launched('loader-producer', 2)).toMatchObject({ attempt: 2, checkpoint })
    expect(platform.played.cancelled).toEqual([expect.stringContaining('--loader-producer--1')])
  })

  it('fails with a reason when launching is refused', async () => {
    platform.played.launchError = new StreamForgeError('IMAGE_NOT_ALLOWED', 'not this one')
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    await reaches(orchestrator, id, 'failed')
    expect((await orchestrator.workflow(id)).reason).toContain('IMAGE_NOT_ALLOWED')
  })

  it('stops, and goes on after a retry', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    await platform.say(await platform.launched('loader-producer'), { records_written: 100, checkpoint })
    await expect.poll(async () => (await orchestrator.workflow(id)).queues[0]?.jobs[0]?.records_written).toBe(100)
    await orchestrator.stop(id, 'by request')
    await reaches(orchestrator, id, 'stopped')
    await expect(orchestrator.stop(id, 'again')).rejects.toMatchObject({ code: 'CONFLICT' })
    await orchestrator.retry(id)
    expect(await platform.launched('loader-producer', 2)).toMatchObject({ attempt: 2, checkpoint })
    await expect(orchestrator.retry(id)).rejects.toMatchObject({ code: 'CONFLICT' })
    await finishQueue(2)
    await reaches(orchestrator, id, 'finished')
  })

  it('is removed with its topic, and with its data only when asked', async () => {
    const orchestrator = await platform.start()
    const keep = await orchestrator.create(request())
    await expect(orchestrator.remove(keep.workflow_id, { data: false })).rejects.toMatchObject({ code: 'CONFLICT' })
    await finishQueue(1)
    await reaches(orchestrator, keep.workflow_id, 'finished')
    const [queue] = keep.queues
    await platform.store.ensureCollection(queue!.collection_name)
    await orchestrator.remove(keep.workflow_id, { data: false })
    await expect(orchestrator.workflow(keep.workflow_id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await platform.bus.admin.listTopics()).not.toContain(queue!.kafka_topic)
    expect(await platform.store.count('queues')).toBe(0)
    const names = async () => (await platform.store.listCollections()).map((c) => c.name)
    expect(await names()).toContain(queue!.collection_name)
    // Two workflows share the collection: the data goes with the last of them.
    const [second, third] = [await orchestrator.create(request()), await orchestrator.create(request())]
    await finishQueue(2)
    await finishQueue(3)
    for (const { workflow_id } of [second, third]) await reaches(orchestrator, workflow_id, 'finished')
    await orchestrator.remove(second.workflow_id, { data: true })
    expect(await names()).toContain(queue!.collection_name)
    await orchestrator.remove(third.workflow_id, { data: true })
    expect(await names()).not.toContain(queue!.collection_name)
  })

  it('shows its state first and then every change to those who follow it', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    const seen: WorkflowUpdate[] = []
    const { now, unsubscribe } = await orchestrator.follow(id, ({ update }) => seen.push(update))
    expect(now.update.queues).toHaveLength(1)
    await finishQueue(1)
    await expect.poll(() => seen.at(-1)?.workflow.status).toBe('finished')
    expect(seen.flatMap((u) => u.queues).at(-1)).toMatchObject({ status: 'finished' })
    unsubscribe()
  })

  it('survives writes of somebody else', async () => {
    const orchestrator = await platform.start()
    const { workflow_id: id } = await orchestrator.create(request())
    const loader = await platform.launched('loader-producer')
    await platform.launched('arango-connector')
    await expect.poll(async () => (await platform.store.get<StoredQueue>('queues', loader.queue_id))?.outbox).toEqual([])
    const stored = (await platform.store.get<StoredQueue & StoredDocument>('queues', loader.queue_id))!
    expect(await platform.store.compareAndSet('queues', { ...stored, version: stored.version + 1 }, stored.version)).toBe(true)
    await finishQueue(1)
    await reaches(orchestrator, id, 'finished')
  })
})

describe('a restart of queue-manager', () => {
  it('takes in what happened meanwhile, and relaunches nothing that had finished', async () => {
    const first = await platform.start()
    const { workflow_id: id } = await first.create(request())
    await platform.launched('arango-connector')
    await first.close()
    await finishQueue(1)
    const second = await platform.start()
    await reaches(second, id, 'finished')
    expect(platform.played.launches).toHaveLength(2)
  })

  it('relaunches what died meanwhile, from its checkpoint, and leaves alone what runs', async () => {
    const first = await platform.start()
    await first.create(request())
    const loader = await platform.launched('loader-producer')
    await platform.launched('arango-connector')
    await first.close()
    await platform.say(loader, { records_written: 100, checkpoint })
    platform.played.end(loader, { status: 'failed', exitCode: undefined, signal: undefined, reason: 'ended while nobody was watching' })
    await platform.start()
    expect(await platform.launched('loader-producer', 2)).toMatchObject({ attempt: 2, checkpoint })
    expect(platform.played.launches.filter((l) => l.target === 'arango-connector')).toHaveLength(1)
  })

  it('relaunches what the launcher knows nothing of', async () => {
    const first = await platform.start()
    await first.create(request())
    await platform.launched('arango-connector')
    await first.close()
    platform.played.jobs.clear()
    await platform.start()
    expect(await platform.launched('loader-producer', 2)).toMatchObject({ attempt: 2 })
    expect(await platform.launched('arango-connector', 2)).toMatchObject({ attempt: 2 })
  })

  it('carries out what was decided and not yet done', async () => {
    const records = await openWorkflowRecords(platform.store)
    const plan = planWorkflow(request(), { workflowId: 'wf-a1b2c3', now: Date.now(), instruments: undefined, maxActiveQueues: 2 })
    const started = advance(plan.queues[0]!, { kind: 'start' }, testContext(Date.now())).queue
    await records.insert({ workflow: plan.workflow, queues: [started] })
    const orchestrator = await platform.start()
    await finishQueue(1)
    await reaches(orchestrator, 'wf-a1b2c3', 'finished')
    expect(platform.played.launches.map((l) => l.attempt)).toEqual([1, 1])
  })

  it('starts what was still waiting, and finishes a stop', async () => {
    const first = await platform.start({ maxActiveQueues: 1 })
    const { workflow_id: id } = await first.create(request({ symbols: ['AUSDT', 'BUSDT'] }))
    await platform.launched('arango-connector')
    await first.close()
    const second = await platform.start({ maxActiveQueues: 1 })
    await finishQueue(1)
    await platform.launched('loader-producer', 2)
    await second.close()
    const stored = (await platform.store.get<StoredWorkflow & StoredDocument>('workflows', id))!
    await platform.store.compareAndSet('workflows', { ...stored, stop_reason: 'by request', version: stored.version + 1 }, stored.version)
    const third = await platform.start()
    await reaches(third, id, 'stopped')
    expect((await third.workflow(id)).queues.map((q) => q.status)).toEqual(['finished', 'stopped'])
  })
})

describe('the topic of a queue', () => {
  const dead = { complete: false, lost: 8, dead_lettered: 8 }
  it('goes some time after the queue has ended, unless dead letters of it may be redriven', async () => {
    let offset = 0
    const orchestrator = await platform.start({ now: () => Date.now() + offset })
    const { workflow_id: id } = await orchestrator.create(request({ symbols: ['AUSDT', 'BUSDT'] }))
    const loader = await platform.launched('loader-producer', 2)
    const connector = await platform.launched('arango-connector', 2)
    await finishQueue(1)
    await platform.say(loader, { status: 'finished', finished: true, records_written: 288 })
    await platform.say(connector, { status: 'finished', finished: true, dead_lettered: 8, certificate: certificate(loader as unknown as StoredQueue, { ...dead, from: 1_659_312_000_000, to: 1_659_398_400_000 }) })
    await reaches(orchestrator, id, 'failed')
    const topics = async () => (await platform.bus.admin.listTopics()).filter((t) => t.endsWith('-data'))
    expect(await topics()).toHaveLength(2)
    offset = 2 * 3_600_000
    await expect.poll(topics, { timeout: 10_000 }).toEqual([loader.kafka_topic])
    expect((await orchestrator.workflow(id)).queues.map((q) => q.topic_deleted)).toEqual([true, false])
    offset = 2 * 86_400_000
    await expect.poll(topics, { timeout: 10_000 }).toEqual([])
  })
})

describe('events', () => {
  it('of queues that nobody knows change nothing', async () => {
    const orchestrator = await platform.start()
    await orchestrator.create(request())
    const loader = await platform.launched('loader-producer')
    await platform.say({ ...loader, queue_id: 'wf-other-api_candles_5m-20220801-ffffff' }, { status: 'finished' })
    await platform.bus.publish(catalog['queue-events'].topic, [{ key: 'x', value: 'not JSON' }])
    await platform.say(loader, { records_written: 42 })
    await expect.poll(async () => platform.registry.getSingleMetricAsString('streamforge_queue_events_total')).toContain('loading')
    const letters = await platform.bus.admin.peek('dead-letters', { partition: 0, limit: 10 })
    expect(letters.map((l) => l.value.toString())).toEqual(['not JSON'])
  })
})

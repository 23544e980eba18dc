import type { StoredQueue, Target } from '@streamforge/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finishedPlan, hashOf, planned } from '../plan/pipeline-fixture.ts'
import { advance } from './advance-queue.ts'
import { certificate, testContext, workerEvent } from './queue-fixture.ts'
import type { QueueInput } from './queue-input.ts'
import { stageEnding, stageReadiness } from './stage-readiness.ts'

const stage = (type: string) => planned('wf-a1b2c3').queues.find((q) => q.type === type)!
const liveRequest = { types: ['api_candles_5m' as const, 'ws_candles_5m' as const], time_range: '2024-01-01:' }
const liveForecast = () => planned('wf-a1b2c3', liveRequest).queues.at(-1)!
const result = { hash: hashOf('a'), summary: 'done' }

function play(queue: StoredQueue, inputs: readonly QueueInput[], now = 1_000) {
  const commands: string[] = []
  for (const input of inputs) {
    const next = advance(queue, input, testContext(now))
    commands.push(...next.commands.map((c) => (c.do === 'publish' ? `${c.message.command} ${c.message.target ?? ''}`.trim() : c.do === 'launch' ? `launch ${c.start.target}` : c.do)))
    queue = next.queue
  }
  return { queue, commands }
}
const says = (queue: StoredQueue, target: Target, more: Parameters<typeof workerEvent>[2]): QueueInput => ({ kind: 'event', event: workerEvent(queue, target, more) })

describe('a stage', () => {
  it('that publishes has a topic of one partition and ends with its certificate', () => {
    const queue = stage('features_5m')
    const started = play(queue, [{ kind: 'start' }])
    expect(started.commands).toEqual(['create-topic', 'start processor', 'launch processor', 'start arango-connector', 'launch arango-connector'])
    expect(started.queue.outbox[0]!.command).toMatchObject({ partitions: 1 })
    const done = play(started.queue, [
      says(queue, 'processor', { status: 'finished', finished: true, records_written: 9, result }),
      says(queue, 'arango-connector', { status: 'finished', finished: true, certificate: certificate(queue) }),
    ])
    expect(done.queue).toMatchObject({ status: 'finished', result, certificate: { complete: true } })
  })

  it('without a topic makes none, and ends with what it came to, not without', () => {
    const queue = stage('train_gnn_5m')
    const started = play(queue, [{ kind: 'start' }])
    expect(started.commands).toEqual(['start trainer', 'launch trainer'])
    const mute = play(started.queue, [says(queue, 'trainer', { status: 'finished', finished: true })])
    expect(mute.queue).toMatchObject({ status: 'running', jobs: [{ status: 'waiting', error: { code: 'WORKER_LOST' } }] })
    const epochs = play(started.queue, [says(queue, 'trainer', { records_written: 2, metrics: { epoch: 2, loss: 0.5 } })])
    expect(epochs.queue.metrics).toEqual({ epoch: 2, loss: 0.5 })
    const done = play(epochs.queue, [says(queue, 'trainer', { status: 'finished', finished: true, records_written: 3, result, metrics: { epoch: 3, loss: 0.25 } })])
    expect(done.queue).toMatchObject({ status: 'finished', result, metrics: { epoch: 3, loss: 0.25 }, topic_deleted: true })
    expect(play(done.queue, [{ kind: 'delete-topic' }]).commands).toEqual([])
  })

  it('goes on from its checkpoint after a failure and a retry, without starting over', () => {
    const queue = stage('train_gnn_5m')
    const error = { code: 'BAD_TRAINING_DATA' as const, message: 'NaN', retryable: false }
    const checkpoint = [{ shard: 0, position: 2, records: 2, done: false }]
    const failed = play(queue, [{ kind: 'start' }, says(queue, 'trainer', { records_written: 2, checkpoint }), says(queue, 'trainer', { status: 'error', error })])
    expect(failed.queue.status).toBe('failed')
    const again = play(failed.queue, [{ kind: 'retry' }, { kind: 'start' }])
    expect(again.commands).toEqual(['cancel', 'start trainer', 'launch trainer'])
    expect(again.queue.jobs[0]).toMatchObject({ attempt: 2, checkpoint })
  })

  it('keeps what it came to, and never launches an attempt twice, whatever happens', () => {
    const train = stage('train_gnn_5m')
    const attempt = fc.constantFrom(1, 1, 2, 3)
    const input = fc.oneof(
      fc.record({ attempt, status: fc.constantFrom('started' as const, 'loading' as const, 'finished' as const, 'error' as const), records_written: fc.nat(5), has: fc.boolean(), retryable: fc.boolean() })
        .map(({ has, retryable, ...more }): QueueInput => says(train, 'trainer', { ...more, ...(has && { result }), metrics: { epoch: more.records_written }, error: { code: 'INTERNAL', message: 'x', retryable } })),
      fc.record({ attempt }).map((job): QueueInput => ({ kind: 'exited', target: 'trainer', ...job, state: { status: 'failed', exitCode: 1, signal: undefined, reason: 'died' } })),
      fc.constantFrom<QueueInput>({ kind: 'tick', listeningSince: 0 }, { kind: 'stop', reason: 'by request' }, { kind: 'delete-topic' }, { kind: 'inputs-ended', reason: 'over' }),
    )
    fc.assert(fc.property(fc.array(fc.tuple(input, fc.integer({ min: 0, max: 70_000 })), { maxLength: 30 }), (inputs) => {
      let { queue } = play(train, [{ kind: 'start' }])
      let now = 1_000
      const launches: number[] = [1]
      for (const [next, wait] of inputs) {
        const step = advance(queue, next, testContext(now += wait))
        for (const command of step.commands) {
          expect(['launch', 'publish', 'cancel', 'record']).toContain(command.do)
          if (command.do === 'launch') launches.push(command.start.attempt)
        }
        if (queue.status !== 'running') expect([step.queue.status, step.queue.result]).toEqual([queue.status, queue.result])
        queue = step.queue
        if (queue.status === 'finished') expect(queue.result).toEqual(result)
      }
      expect(launches).toEqual(launches.map((_, i) => i + 1))
    }), { seed: 4, numRuns: 150 })
  })

  it('of a replay reads another queue\'s topic, and never makes or deletes it', () => {
    const [original] = finishedPlan('wf-a1b2c3').queues
    const queue: StoredQueue = { ...original!, status: 'pending', topic_of: original!.queue_id, topic_deleted: true, jobs: [{ ...original!.jobs[1]!, status: 'pending', attempt: 0 }] }
    delete queue.certificate
    const started = play(queue, [{ kind: 'start' }])
    expect(started.commands).toEqual(['start arango-connector', 'launch arango-connector'])
    expect(started.queue.outbox[1]!.command).toMatchObject({ start: { topic_of: original!.queue_id } })
    const lost = certificate(queue, { complete: false, lost: 3 })
    const failed = play(started.queue, [says(queue, 'arango-connector', { status: 'finished', finished: true, certificate: lost })])
    expect(failed.queue.status).toBe('failed')
    expect(play(failed.queue, [{ kind: 'retry' }]).commands).toEqual(['forget-reading'])
    expect(play(failed.queue, [{ kind: 'delete-topic' }]).commands).toEqual([])
  })
})

describe('a live stage', () => {
  const running = () => play(liveForecast(), [{ kind: 'start' }, ...(['processor', 'predictor', 'arango-connector'] as const).map((target) => says(liveForecast(), target, { status: 'started' }))]).queue

  it('stops its writers first, then its connector', () => {
    const first = play(running(), [{ kind: 'stop', reason: 'by request' }])
    expect(first.commands).toEqual(['stop processor', 'stop predictor'])
    const second = play(first.queue, (['processor', 'predictor'] as const).map((target) => says(first.queue, target, { status: 'stopped' })))
    expect(second.commands).toEqual(['stop'])
    const last = play(second.queue, [says(first.queue, 'arango-connector', { status: 'stopped', certificate: certificate(first.queue, { open: true }) })])
    expect(last.queue).toMatchObject({ status: 'stopped', certificate: { open: true } })
  })

  it('has finished when it stops because its inputs ended', () => {
    const ending = play(running(), [{ kind: 'inputs-ended', reason: 'over' }])
    const ended = play(ending.queue, (['processor', 'predictor', 'arango-connector'] as const).map((target) => says(ending.queue, target, { status: 'stopped' })))
    expect(ended.queue.status).toBe('finished')
    expect(ended.queue.jobs.map((j) => j.status)).toEqual(['finished', 'finished', 'finished'])
  })

  it('ends whatever its workers do or leave undone', () => {
    const target = fc.constantFrom<Target>('processor', 'predictor', 'arango-connector')
    const input = fc.oneof(
      fc.record({ target, attempt: fc.constantFrom(1, 1, 2, 3), status: fc.constantFrom('started' as const, 'loading' as const, 'finished' as const, 'stopped' as const, 'error' as const) })
        .map(({ target: of, ...more }): QueueInput => ({ kind: 'event', event: workerEvent(liveForecast(), of, { ...more, result, error: { code: 'INTERNAL', message: 'x', retryable: true } }) })),
      fc.record({ target, attempt: fc.constantFrom(1, 2, 3) }).map((job): QueueInput => ({ kind: 'exited', ...job, state: { status: 'failed', exitCode: 1, signal: undefined, reason: 'died' } })),
      fc.constantFrom<QueueInput>({ kind: 'tick', listeningSince: 0 }, { kind: 'inputs-ended', reason: 'over' }),
    )
    fc.assert(fc.property(fc.array(fc.tuple(input, fc.integer({ min: 0, max: 20_000 })), { maxLength: 30 }), fc.boolean(), (inputs, byRequest) => {
      let { queue } = play(liveForecast(), [{ kind: 'start' }])
      let now = 1_000
      // Cancels are carried out: a job that is told to end by the launcher is gone.
      const apply = (next: QueueInput, wait: number) => {
        const step = advance(queue, next, testContext(now += wait))
        queue = step.queue
        for (const command of step.commands) {
          if (command.do === 'cancel') apply({ kind: 'exited', target: command.target, attempt: command.attempt, state: { status: 'failed', exitCode: 143, signal: undefined, reason: 'cancelled' } }, 0)
        }
      }
      for (const [next, wait] of inputs) apply(next, wait)
      apply(byRequest ? { kind: 'stop', reason: 'by request' } : { kind: 'inputs-ended', reason: 'over' }, 0)
      for (let round = 0; round < 50 && queue.status === 'running'; round++) apply({ kind: 'tick', listeningSince: 0 }, 40_000)
      expect(['stopped', 'finished', 'failed']).toContain(queue.status)
    }), { seed: 3, numRuns: 100 })
  })
})

describe('whether a stage may start', () => {
  const { queues } = finishedPlan('wf-a1b2c3')
  const features = { ...queues.find((q) => q.type === 'features_5m')!, status: 'pending' as const }
  const with_ = (change: Partial<StoredQueue>, of = queues[1]!) => new Map([...queues, { ...of, ...change }].map((q) => [q.queue_id, q]))

  it('depends on its inputs: all finished and complete', () => {
    expect(stageReadiness(features, with_({}))).toEqual({ is: 'ready' })
    expect(stageReadiness(features, with_({ status: 'running' }))).toEqual({ is: 'waiting' })
    expect(stageReadiness(features, with_({ status: 'pending' }))).toEqual({ is: 'waiting' })
    expect(stageReadiness(features, with_({ status: 'failed' }))).toEqual({ is: 'blocked', reason: 'its input BTCUSDT api_trades has failed' })
    expect(stageReadiness(features, with_({ certificate: certificate(queues[1]!, { complete: false }) }))).toMatchObject({ is: 'blocked' })
    expect(stageReadiness(features, new Map())).toMatchObject({ is: 'blocked' })
  })

  it('is enough with live ones that run', () => {
    const plan = planned('wf-a1b2c3', liveRequest).queues
    const forecast = plan.at(-1)!
    const at = (status: StoredQueue['status']) => new Map(plan.map((q) => [q.queue_id, { ...q, status: q.type.startsWith('ws') ? status : 'finished' as const, ended_at: 5_000 }]))
    expect(stageReadiness(forecast, at('running'))).toEqual({ is: 'ready' })
    expect(stageReadiness(forecast, at('pending'))).toEqual({ is: 'waiting' })
    const running = { ...forecast, status: 'running' as const }
    expect(stageEnding(running, at('running'), 20_000, 5_000)).toBeUndefined()
    expect(stageEnding(running, at('finished'), 9_999, 5_000)).toBeUndefined()
    expect(stageEnding(running, at('finished'), 10_000, 5_000)).toMatchObject({ kind: 'inputs-ended' })
    expect(stageEnding(running, at('failed'), 10_000, 5_000)).toMatchObject({ kind: 'stop' })
    expect(stageEnding({ ...running, status: 'pending' }, at('failed'), 10_000, 5_000)).toBeUndefined()
  })
})

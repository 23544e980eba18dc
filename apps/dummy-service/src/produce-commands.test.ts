import { publishMessages, tailMessages } from '@streamforge/bus'
import { catalog, type ControlMessage, type QueueEvent } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStage, type Stage } from './dummy-fixture.ts'
import { produce } from './produce-commands.ts'

let stage: Stage
let printed: (ControlMessage | QueueEvent)[]
beforeEach(async () => {
  stage = await openStage()
  printed = []
})
afterEach(() => stage.close())

const run = (...args: string[]) =>
  produce(args, { bus: stage.bus, now: () => 1_722_500_000_123, newId: () => 'id-1', print: (message) => printed.push(message) })
const commands = async () => (await stage.bus.admin.peek('queue-control', { partition: 0, limit: 10 }))
  .map(({ value }) => JSON.parse(value.toString()) as unknown)

/** Answers every command as `answer` says, as a worker would. */
const answering = (answer: (command: ControlMessage) => QueueEvent) =>
  tailMessages(stage.bus, catalog['queue-control'], { from: 'latest' }, async ({ messages }) => {
    await publishMessages(stage.bus, catalog['queue-events'], messages.map(({ value }) => answer(value)))
  })
const pong = (ping_id: string): QueueEvent => ({ status: 'pong', ping_id, producer: 'x', service: 'x', message: '', timestamp: 1 })

describe('the debug producer', () => {
  it('sends commands as queue-manager does', async () => {
    expect(await run('ping', '--target', 'loader-api')).toBe(0)
    expect(await run('stop', '--queue-id', 'queue-1', '--reason', 'enough')).toBe(0)
    expect(await run('start', '--queue-id', 'wf-x-a1b2c3', '--target', 'loader-producer', '--symbol', 'BTCUSDT', '--type', 'api_trades',
      '--time-range', '2024-08-01:2024-08-02', '--attempt', '2')).toBe(0)
    expect(await commands()).toEqual([
      { command: 'ping', ping_id: 'id-1', target: 'loader-api', timestamp: 1_722_500_000.123 },
      { command: 'stop', queue_id: 'queue-1', reason: 'enough', timestamp: 1_722_500_000.123 },
      expect.objectContaining({
        command: 'start', queue_id: 'wf-x-a1b2c3', kafka_topic: 'wf-x-a1b2c3-data', telemetry_id: 'loader-producer__a1b2c3', attempt: 2, venue: 'binance',
      }),
    ])
  })

  it('prints the pong that it expects, and no other', async () => {
    await publishMessages(stage.bus, catalog['queue-events'], [pong('id-1')])
    const worker = await answering(() => pong('id-1'))
    await publishMessages(stage.bus, catalog['queue-events'], [pong('other')])
    expect(await run('ping', '--expect-pong')).toBe(0)
    expect(printed).toEqual([pong('id-1')])
    await worker.close()
  })

  it('ends with 1 when no answer comes in time', async () => {
    expect(await run('ping', '--expect-pong', '--timeout', '0.05')).toBe(1)
  })

  it.each([
    [[], "'' is not a command"], [['pong'], "'pong' is not a command"], [['stop'], 'queue_id'], [['ping', '--loud'], "Unknown option '--loud'"],
    [['start', '--queue-id', 'queue-1', '--symbol', 'btc'], 'symbol'], [['ping', '--expect-pong', '--timeout', 'soon'], "--timeout is 'soon'"],
  ])('says what is wrong with %j', async (args, message) => {
    await expect(run(...args)).rejects.toThrowError(message)
    expect(await commands()).toEqual(message.startsWith('--timeout') ? [expect.anything()] : [])
  })
})

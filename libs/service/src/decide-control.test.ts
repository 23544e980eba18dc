import { type Assignment, ControlMessage, type Target } from '@streamforge/contracts'
import { describe, expect, it } from 'vitest'
import { decideControl, decideMissed } from './decide-control.ts'

const assignment: Assignment = {
  workflow_id: 'wf-a1b2c3', queue_id: 'queue-1', target: 'loader-producer', venue: 'binance', symbol: 'BTCUSDT', type: 'api_trades',
  time_range: '2024-08-01:2024-08-02', kafka_topic: 'queue-1-data', collection_name: 'btcusdt', telemetry_id: 'loader-producer__a1b2c3',
  attempt: 2, shards: [], checkpoint: [],
}
const worker = { service: 'loader-api', assignment }
const service = { service: 'queue-manager' }
const start = (attempt: number, rest: object = {}) =>
  ControlMessage.parse({ ...assignment, command: 'start', image: 'x/loader-api:1', timestamp: 1, attempt, ...rest })
const stop = (rest: object = {}) => ControlMessage.parse({ command: 'stop', queue_id: 'queue-1', timestamp: 1, ...rest })
const ping = (rest: object = {}) => ControlMessage.parse({ command: 'ping', ping_id: 'p', timestamp: 1, ...rest })
const connector: Target = 'arango-connector'

describe('what a command means to a listener', () => {
  it.each([
    ['a later attempt of its job', start(3), worker, { do: 'stop', cause: { kind: 'replaced', attempt: 3 } }],
    ['its own start', start(2), worker, { do: 'nothing' }],
    ['an older start', start(1), worker, { do: 'nothing' }],
    ['a later attempt of another target', start(3, { target: connector }), worker, { do: 'nothing' }],
    ['a later attempt of another queue', start(3, { queue_id: 'queue-2' }), worker, { do: 'nothing' }],
    ['a start, to a service', start(3), service, { do: 'nothing' }],
    ['a stop of its queue', stop(), worker, { do: 'stop', cause: { kind: 'stopped', reason: 'on demand' } }],
    ['a stop with a reason', stop({ reason: 'enough' }), worker, { do: 'stop', cause: { kind: 'stopped', reason: 'enough' } }],
    ['a stop of its target', stop({ target: 'loader-producer' }), worker, { do: 'stop', cause: { kind: 'stopped', reason: 'on demand' } }],
    ['a stop of another target', stop({ target: connector }), worker, { do: 'nothing' }],
    ['a stop of another queue', stop({ queue_id: 'queue-2' }), worker, { do: 'nothing' }],
    ['the cancelling of its attempt', stop({ attempt: 2 }), worker, { do: 'stop', cause: { kind: 'cancelled' } }],
    ['the cancelling of an attempt before', stop({ attempt: 1 }), worker, { do: 'nothing' }],
    ['a stop, to a service', stop(), service, { do: 'nothing' }],
    ['a ping to all', ping(), service, { do: 'answer' }],
    ['a ping to its name', ping({ target: 'loader-api' }), worker, { do: 'answer' }],
    ['a ping to its telemetry id', ping({ target: 'loader-producer__a1b2c3' }), worker, { do: 'answer' }],
    ['a ping to its target', ping({ target: 'loader-producer' }), worker, { do: 'answer' }],
    ['a ping to its queue', ping({ queue_id: 'queue-1' }), worker, { do: 'answer' }],
    ['a ping to another queue', ping({ queue_id: 'queue-2' }), worker, { do: 'nothing' }],
    ['a ping to another service', ping({ target: 'loader-ws' }), worker, { do: 'nothing' }],
    ['a ping to a queue, to a service', ping({ queue_id: 'queue-1' }), service, { do: 'nothing' }],
  ])('%s', (_, message, listener, expected) => expect(decideControl(message, listener)).toMatchObject(expected))
})

describe('what a worker has missed while it was starting', () => {
  it('is a stop after its own start', () => {
    expect(decideMissed([start(2), stop()], worker)).toMatchObject({ cause: { kind: 'stopped' } })
  })

  it('is not a stop of an attempt before', () => {
    expect(decideMissed([start(1), stop(), start(2)], worker)).toEqual({ do: 'nothing' })
  })

  it('is not a stop when its own start is not to be seen: nobody knows which came first', () => {
    expect(decideMissed([stop()], worker)).toEqual({ do: 'nothing' })
  })

  it('is its cancelling, whichever came first', () => {
    expect(decideMissed([stop({ attempt: 2 })], worker)).toEqual({ do: 'stop', cause: { kind: 'cancelled' } })
    expect(decideMissed([stop({ attempt: 1 }), start(2)], worker)).toEqual({ do: 'nothing' })
  })

  it('is a later attempt, which counts more than a stop', () => {
    expect(decideMissed([start(2), stop(), start(3)], worker)).toMatchObject({ cause: { kind: 'replaced', attempt: 3 } })
    expect(decideMissed([start(3)], worker)).toMatchObject({ cause: { kind: 'replaced', attempt: 3 } })
  })

  it('is never a ping, and nothing for a service', () => {
    expect(decideMissed([start(2), ping()], worker)).toEqual({ do: 'nothing' })
    expect(decideMissed([start(2), stop()], service)).toEqual({ do: 'nothing' })
  })
})

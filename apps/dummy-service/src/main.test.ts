import { catalog } from '@streamforge/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openStage, type Stage } from './dummy-fixture.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
})
afterEach(() => stage.close())

describe('the dummy service as a process', () => {
  it('pretends to load and ends with 0', async () => {
    expect(await stage.start('main', ['--simulate-loading', '--records', '500']).ended).toMatchObject({ code: 0 })
    expect(await stage.hears((event) => event.status === 'finished')).toMatchObject({ records_written: 500, records_total: 500 })
    expect(stage.events[0]).toMatchObject({ status: 'started', producer: 'dummy-service__000000' })
  })

  it('stands in for a stage that comes to something', async () => {
    const env = { TYPE: 'train_gnn_5m', SYMBOL: 'ALL', TARGET: 'trainer', TELEMETRY_ID: 'trainer__000000' }
    expect(await stage.start('main', ['--simulate-loading', '--records', '10', '--result', 'trained'], env).ended).toMatchObject({ code: 0 })
    expect(await stage.hears((event) => event.status === 'finished')).toMatchObject({
      producer: 'trainer__000000', result: { summary: 'trained', hash: 'sha256:33fbcd8470eae125a265eb3f4375137f38ea4dc42f75ac09594bfe1a1c951af6' },
    })
  })

  it('publishes records and markers that a connector can finish with', async () => {
    const topic = 'wf-dummy-000000-data'
    await stage.bus.admin.createTopic({ name: topic, partitions: 2 })
    expect(await stage.start('main', ['--simulate-loading', '--publish', '--records', '100']).ended).toMatchObject({ code: 0 })
    const read = async (partition: number) => (await stage.bus.admin.peek(topic, { partition, limit: 1000 }))
      .map(({ value }) => catalog.data.schema.parse(JSON.parse(value.toString())))
    const [first, second] = [await read(0), await read(1)]
    expect(first).toHaveLength(101)
    expect(first.at(-1)).toMatchObject({ kind: 'end_of_stream', partition: 0, shards: 1, records: 100 })
    expect(second).toMatchObject([{ kind: 'end_of_stream', partition: 1, records: 0 }])
  })

  it.each([
    [['--simulate-loading', '--fail-after', '3'], 1, { code: 'INTERNAL', retryable: true }],
    [['--fail-after', '0', '--error-code', 'UNKNOWN_SYMBOL'], 2, { code: 'UNKNOWN_SYMBOL', retryable: false }],
  ])('fails as told: %j', async (args, code, error) => {
    expect(await stage.start('main', args).ended).toMatchObject({ code })
    expect(await stage.hears((event) => event.status === 'error')).toMatchObject({ error })
  })

  it('goes without a word', async () => {
    expect(await stage.start('main', [], { DUMMY_OPTIONS: '--exit-code 7' }).ended).toMatchObject({ code: 7 })
    expect(stage.events.filter((event) => event.status !== 'started')).toEqual([])
  })

  it('drains on SIGTERM and ends with 143', async () => {
    const { kill, ended } = stage.start('main', [])
    await stage.hears((event) => event.status === 'started')
    kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 143, signal: null })
    expect(await stage.hears((event) => event.status === 'loading')).toMatchObject({ message: 'terminated by SIGTERM' })
  })

  it('ends with 78 when its environment is not right, and names the variable', async () => {
    const { code, stdout } = await stage.start('main', [], { BUS: 'rabbit', SYMBOL: 'BTCUSDT' }).ended
    expect(code).toBe(78)
    expect(JSON.parse(stdout)).toMatchObject({ level: 'fatal', code: 'BAD_CONFIG', err: { message: expect.stringContaining('BUS is text') } })
  })
})

describe('the debug producer as a process', () => {
  it('pings, and stops the dummy', async () => {
    const dummy = stage.start('main', [])
    await stage.hears((event) => event.status === 'started')
    const pinged = stage.start('debug-producer', ['ping', '--expect-pong', '--timeout', '25', '--target', 'dummy-service'])
    const { code, stdout } = await pinged.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ status: 'pong', service: 'dummy-service' })
    expect(await stage.start('debug-producer', ['stop', '--queue-id', 'wf-dummy-000000', '--expect', 'stopped', '--timeout', '25']).ended)
      .toMatchObject({ code: 0 })
    expect(await dummy.ended).toMatchObject({ code: 0 })
  })
})

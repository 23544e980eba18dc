import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectBus, ensureTopics, type Bus } from '@streamforge/bus'
import { assignmentToEnv, type Assignment } from '@streamforge/contracts'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { executeWorker } from '../execute-worker.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const assignment: Assignment = {
  workflow_id: 'wf-a1b2c3', queue_id: 'wf-btcusdt-api_trades-20240801-a1b2c3', target: 'loader-producer', venue: 'binance', symbol: 'BTCUSDT',
  type: 'api_trades', time_range: '2024-08-01:2024-08-02', kafka_topic: 'some-data', collection_name: 'btcusdt',
  telemetry_id: 'loader-producer__a1b2c3', attempt: 2, shards: [], checkpoint: [], traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
}
let directory: string
let bus: Bus
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-worker-logs-'))
  bus = await connectBus({ kind: 'embedded', directory })
  await ensureTopics(bus)
})
afterEach(async () => {
  await bus.close()
  await rm(directory, { recursive: true, force: true })
})

async function linesOf(env: Record<string, string>): Promise<string[]> {
  const lines: string[] = []
  await executeWorker({
    serviceName: 'loader-api', target: 'loader-producer', shape: {},
    work: async ({ log }) => {
      log.info('from within')
      return { records_written: 1 }
    },
  }, { env: { DATA_DIR: directory, ...env }, bus, logStream: { write: (line) => void lines.push(line) } })
  return lines
}

it('every line of a worker names its trace, workflow, queue and attempt, each once, with nobody recording', async () => {
  const lines = await linesOf(assignmentToEnv(assignment))
  expect(lines.some((line) => line.includes('from within'))).toBe(true)
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({ trace_id: traceId, workflow_id: assignment.workflow_id, queue_id: assignment.queue_id, attempt: 2 })
    expect(line.match(/"trace_id"/g)).toHaveLength(1)
  }
  const events = await bus.admin.peek('queue-events', { partition: 0, limit: 100 })
  expect(events.every(({ headers }) => headers['traceparent'] === undefined || headers['traceparent'].includes(traceId))).toBe(true)
})

it('a worker without one, as of an older queue-manager, has a trace of its own', async () => {
  const { traceparent: _without, ...older } = assignment
  const within = (await linesOf(assignmentToEnv(older))).find((line) => line.includes('from within'))!
  expect(JSON.parse(within)).toMatchObject({ trace_id: expect.stringMatching(/^[0-9a-f]{32}$/), attempt: 2 })
})

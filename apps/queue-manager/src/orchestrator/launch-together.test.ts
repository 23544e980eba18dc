import { describe, expect, it } from 'vitest'
import type { StartCommand, StoredQueue } from '@streamforge/contracts'
import type { JobInfo, Launcher } from '@streamforge/launcher'
import { launchTogether } from './launch-together.ts'

const start = (symbol: string, more: Partial<StartCommand> = {}): StartCommand => ({
  command: 'start', workflow_id: 'wf-a1b2c3', queue_id: `wf-${symbol}`, target: 'loader-producer', venue: 'binance', symbol, type: 'ws_trades',
  time_range: '2024-08-01:', kafka_topic: 't', collection_name: 'c', telemetry_id: 'loader-producer__a1b2c3', attempt: 1, shards: [], checkpoint: [],
  image: 'registry.example/streamforge/loader-ws:v1', timestamp: 1, ...more,
})
const queue = { jobs: [{ target: 'loader-producer', attempts_without_progress: 0 }] } as unknown as StoredQueue

/** Notes what is started together; what names SOLUSDT does not start. */
function notingLauncher(groups = true): { launcher: Launcher; processes: string[][] } {
  const processes: string[][] = []
  const launch = async (starts: readonly StartCommand[]): Promise<JobInfo[]> => {
    processes.push(starts.map(({ symbol }) => symbol))
    if (starts.some(({ symbol }) => symbol === 'SOLUSDT')) throw new Error('does not start')
    return starts.map((s) => ({ name: s.queue_id, queue_id: s.queue_id, target: s.target, attempt: s.attempt, state: { status: 'running' }, startedAt: 0 }))
  }
  const launcher = { launch: async (s: StartCommand) => (await launch([s]))[0]!, ...(groups && { launchGroup: launch }) } as unknown as Launcher
  return { launcher, processes }
}

describe('launchTogether', () => {
  it('starts what comes together in one process, and each is told when it has started', async () => {
    const { launcher, processes } = notingLauncher()
    const launch = launchTogether({ launcher, groupSize: 4, gatherMs: 5 })
    await Promise.all([launch(start('BTCUSDT'), queue), launch(start('ETHUSDT'), queue), launch(start('XRPUSDT', { type: 'api_trades' }), queue)])
    expect(processes).toEqual([['XRPUSDT'], ['BTCUSDT', 'ETHUSDT']])
    await launch(start('BTCUSDT', { attempt: 2 }), queue)
    expect(processes).toHaveLength(3)
  })

  it('divides what is too large, and fails only those whose process did not start', async () => {
    const { launcher, processes } = notingLauncher()
    const launch = launchTogether({ launcher, groupSize: 2, gatherMs: 5 })
    const all = await Promise.allSettled(['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'].map((symbol) => launch(start(symbol), queue)))
    expect(processes).toEqual([['BTCUSDT', 'ETHUSDT'], ['SOLUSDT', 'XRPUSDT']])
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
  })

  it.each([['of one', true, 1], ['that its launcher does not know', false, 8]])('starts each alone in groups %s', async (_what, groups, groupSize) => {
    const { launcher, processes } = notingLauncher(groups)
    const launch = launchTogether({ launcher, groupSize, gatherMs: 5 })
    await Promise.all(['BTCUSDT', 'ETHUSDT'].map((symbol) => launch(start(symbol), queue)))
    expect(processes).toEqual([['BTCUSDT'], ['ETHUSDT']])
  })
})

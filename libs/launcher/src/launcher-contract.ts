import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StartCommand } from '@streamforge/contracts'
import type { JobInfo, Launcher } from './launcher.ts'

/** What the suite needs of an adapter: programs for these images (the app part of the image's name). */
export const contractImages = {
  succeeds: 'ends at once with exit code 0',
  fails: 'prints "about to fail" and ends with exit code 3',
  stays: 'prints its environment as JSON in one line, runs until SIGTERM, then ends with exit code 0',
  stubborn: 'prints "ready" and ignores SIGTERM',
} as const

export interface LauncherUnderTest {
  /** Another launcher over the same jobs, as a restarted caller would open it. */
  open(): Promise<Launcher>
  close(): Promise<void>
}

/** The suite that every launcher passes. */
export function launcherContract(name: string, make: () => Promise<LauncherUnderTest>): void {
  describe(`launcher contract: ${name}`, () => {
    let under: LauncherUnderTest
    let launcher: Launcher
    const launched: StartCommand[] = []
    beforeEach(async () => {
      under = await make()
      launcher = await under.open()
    })
    afterEach(async () => {
      for (const job of launched.splice(0)) await launcher.cancel(job, { graceMs: 0 })
      await launcher.close()
      await under.close()
    })
    const start = (image: keyof typeof contractImages, more: Partial<StartCommand> = {}) => {
      const command = contractStart(image, more)
      launched.push(command)
      return command
    }
    const state = async (job: StartCommand) =>
      (await launcher.list()).find((j) => j.queue_id === job.queue_id && j.target === job.target && j.attempt === job.attempt)?.state
    const exits = (of = launcher) => {
      const seen: JobInfo[] = []
      of.onExit((job) => seen.push(job))
      return seen
    }
    const until = (condition: () => Promise<boolean> | boolean) => expect.poll(condition, { timeout: 20_000, interval: 20 }).toBe(true)

    it('reports the end of a job that succeeds', async () => {
      const seen = exits()
      const job = start('succeeds')
      const info = await launcher.launch(job)
      expect(info).toMatchObject({ queue_id: job.queue_id, target: job.target, attempt: 1 })
      await until(() => seen.length === 1)
      expect(seen[0]).toMatchObject({ name: info.name, state: { status: 'succeeded' } })
      expect(await state(job)).toEqual({ status: 'succeeded' })
    })

    it('reports the exit code of a job that fails, and keeps its output', async () => {
      const seen = exits()
      const job = start('fails')
      await launcher.launch(job)
      await until(() => seen.length === 1)
      expect(seen[0]?.state).toMatchObject({ status: 'failed', exitCode: 3, reason: expect.stringContaining('3') })
      expect(await launcher.logs(job)).toContain('about to fail')
      await launcher.forget(job)
      expect(await state(job)).toBeUndefined()
      expect(await launcher.logs(job)).toEqual([])
    })

    it('hands the assignment over in the environment', async () => {
      const job = start('stays', { checkpoint: [{ shard: 0, position: 1_659_312_000_000, records: 7, done: false }] })
      await launcher.launch(job)
      await until(async () => (await launcher.logs(job)).length > 0)
      const env = JSON.parse((await launcher.logs(job))[0]!) as Record<string, string>
      expect(env).toMatchObject({ QUEUE_ID: job.queue_id, SYMBOL: 'BTCUSDT', ATTEMPT: '1', KAFKA_TOPIC: job.kafka_topic })
      expect(JSON.parse(env['CHECKPOINT']!)).toEqual(job.checkpoint)
    })

    it('launches a name only once, while it runs and after it has ended', async () => {
      const seen = exits()
      const running = start('stays')
      const [first, second] = await Promise.all([launcher.launch(running), launcher.launch(running)])
      expect(second.name).toBe(first.name)
      const ended = start('succeeds')
      await launcher.launch(ended)
      await until(() => seen.length === 1)
      expect((await launcher.launch(ended)).state).toEqual({ status: 'succeeded' })
      expect(await launcher.list()).toHaveLength(2)
      expect(seen).toHaveLength(1)
    })

    it('takes another attempt of the same queue and target as another job', async () => {
      const first = start('stays')
      await launcher.launch(first)
      const second = start('stays', { queue_id: first.queue_id, attempt: 2 })
      await launcher.launch(second)
      expect((await launcher.list()).map((j) => j.attempt).sort()).toEqual([1, 2])
      await launcher.cancel(first)
      expect(await state(second)).toEqual({ status: 'running' })
    })

    it('cancels politely', async () => {
      const seen = exits()
      const job = start('stays')
      await launcher.launch(job)
      await until(async () => (await launcher.logs(job)).length > 0)
      await launcher.cancel(job, { graceMs: 20_000 })
      await until(() => seen.length === 1)
      expect(seen[0]?.state.status).toBe('succeeded')
    })

    it('kills what does not stop', async () => {
      const seen = exits()
      const job = start('stubborn')
      await launcher.launch(job)
      await until(async () => (await launcher.logs(job)).includes('ready'))
      await launcher.cancel(job, { graceMs: 50 })
      await until(() => seen.length === 1)
      expect(seen[0]?.state.status).toBe('failed')
    })

    it('takes the cancelling of an unknown or ended job as done', async () => {
      await launcher.cancel(contractStart('stays'))
      const seen = exits()
      const job = start('succeeds')
      await launcher.launch(job)
      await until(() => seen.length === 1)
      await launcher.cancel(job)
    })

    it('refuses an image that is not in the list', async () => {
      const job = contractStart('succeeds', { image: 'registry.example/streamforge/somebody-elses:v1' })
      await expect(launcher.launch(job)).rejects.toMatchObject({ code: 'IMAGE_NOT_ALLOWED' })
      expect(await launcher.list()).toEqual([])
    })

    it('refuses to forget what still runs', async () => {
      const job = start('stays')
      await launcher.launch(job)
      await expect(launcher.forget(job)).rejects.toMatchObject({ code: 'CONFLICT' })
    })

    it('leaves jobs running when the caller goes, and finds them again', async () => {
      const job = start('stays')
      const { name } = await launcher.launch(job)
      await until(async () => (await launcher.logs(job)).length > 0)
      await launcher.close()
      launcher = await under.open()
      expect(await launcher.list()).toMatchObject([{ name, state: { status: 'running' } }])
      const seen = exits()
      await launcher.cancel(job)
      await until(() => seen.length === 1)
      expect(seen[0]?.name).toBe(name)
    })

    it('reports what ended while nobody was watching', async () => {
      const job = start('fails')
      await launcher.launch(job)
      await launcher.close()
      launcher = await under.open()
      const seen = exits()
      await until(() => seen.length === 1)
      expect(seen[0]).toMatchObject({ queue_id: job.queue_id, state: { status: 'failed' } })
    })
  })
}

/** A start command for one of the suite's images, of a queue that no other test uses. */
export function contractStart(image: keyof typeof contractImages, more: Partial<StartCommand> = {}): StartCommand {
  const suffix = randomBytes(3).toString('hex')
  const queue = `wf-btcusdt-api_candles_5m-20220801-${suffix}`
  return {
    command: 'start', workflow_id: `wf-${suffix}`, queue_id: queue, target: 'loader-producer', venue: 'binance', symbol: 'BTCUSDT',
    type: 'api_candles_5m', time_range: '2022-08-01:2022-08-02', kafka_topic: `${queue}-data`,
    collection_name: 'btcusdt_api_candles_5m_2022_08_01', telemetry_id: `loader-producer__${suffix}`, attempt: 1, shards: [],
    checkpoint: [], image: `registry.example:5000/streamforge/${image}:v0.1.0`, timestamp: 1_722_500_000, ...more,
  }
}

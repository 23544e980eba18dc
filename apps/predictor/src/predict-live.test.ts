import { type FeatureRow, featureKey, recordKey } from '@streamforge/contracts'
import { seededRandom } from '@streamforge/models'
import type { StopCause, WorkerOutcome } from '@streamforge/service'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bars, from, type Made, openStage, rowOf, rowsOf, type Stage, step, symbols } from './predictor-fixture.ts'

let stage: Stage
beforeEach(async () => {
  stage = await openStage()
  await prepare()
})
/** What a test that failed has left running. */
const started: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const terminate of started.splice(0)) await terminate()
  await stage.close()
})

async function prepare(): Promise<void> {
  await stage.plan({ live: true, to: undefined })
  await stage.history(rowsOf(0, bars))
  await stage.register(1)
}

const barOf = ({ open_time }: { open_time: number }) => (open_time - from) / step
const hasScore = ({ scores }: Made, symbol: string, bar: number) => scores.some((score) => score.symbol === symbol && barOf(score) === bar)
const liveBars = (made: Made) => made.forecasts.filter((forecast) => !forecast.backfilled).map((forecast) => `${forecast.symbol[0]}${barOf(forecast)}v${forecast.model_version}`)

/** Starts the predictor; `stop` ends it as queue-manager would, `terminate` as Kubernetes. */
function start(options: Parameters<Stage['run']>[0] = {}) {
  let tell: (cause: StopCause) => void = () => undefined
  const running: Promise<WorkerOutcome> = stage.run({ ...options, onStop: (stop) => {
    tell = stop
    return () => undefined
  } })
  const end = (cause: StopCause) => {
    tell(cause)
    return running
  }
  const terminate = () => end({ kind: 'terminated', signal: 'SIGTERM' })
  started.push(terminate)
  return { running, terminate, stop: () => end({ kind: 'stopped', reason: 'a test' }) }
}

describe('following features', () => {
  it('forecasts history first, then each bar when all of its symbols are there, and scores what came true', async () => {
    const predictor = start()
    await stage.until(({ forecasts }) => forecasts.length === 45)
    await stage.live(rowsOf(100, 101).slice(0, 2))
    await stage.live(rowsOf(101, 102).slice(0, 2))
    await stage.live([rowOf('CCCUSDT', 100)])
    await stage.until((made) => liveBars(made).length === 3)
    expect(liveBars(await stage.made())).toEqual(['A100v1', 'B100v1', 'C100v1'])
    await stage.live([rowOf('CCCUSDT', 101), ...rowsOf(102, 104)])
    const made = await stage.until((now) => hasScore(now, 'CCCUSDT', 101))
    expect(liveBars(made)).toEqual(['A100v1', 'B100v1', 'C100v1', 'A101v1', 'B101v1', 'C101v1', 'A102v1', 'B102v1', 'C102v1', 'A103v1', 'B103v1', 'C103v1'])
    // The place of its own row, and those of the first and the last of the bar.
    expect(made.forecasts.filter((forecast) => barOf(forecast) === 100).map(({ inputs }) => inputs.map(({ offset }) => Number(offset) - 84))).toEqual([[0, 4], [1, 0, 4], [4, 0]])
    expect(new Set(made.keys).size).toBe(made.keys.length)
    expect(await predictor.stop()).toMatchObject({ exitCode: 0, ended: 'stopped' })
  })

  it('does not wait for a silent symbol longer than it may, and forecasts it when it comes', async () => {
    const predictor = start({ latenessMs: 20 })
    await stage.until(({ forecasts }) => forecasts.length === 45)
    await stage.live(rowsOf(100, 101).slice(0, 2))
    await stage.until((made) => liveBars(made).length === 2)
    await stage.live([rowOf('CCCUSDT', 100)])
    expect(liveBars(await stage.until((made) => liveBars(made).length === 3))).toEqual(['A100v1', 'B100v1', 'C100v1'])
    await predictor.stop()
  })

  it('takes in what is on the topic before it stops', async () => {
    const predictor = start()
    await stage.live(rowsOf(100, 101))
    await stage.until((made) => liveBars(made).length === 3)
    await stage.live([...rowsOf(101, 110), ...rowsOf(110, 111).slice(0, 1)])
    expect(await predictor.stop()).toMatchObject({ ended: 'stopped' })
    expect(liveBars(await stage.made())).toHaveLength(31)
  })
})

describe('another champion', () => {
  it('takes over between two bars, without losing or doubling a forecast', async () => {
    const ready: number[] = []
    const predictor = start({ onModel: (version) => ready.push(version) })
    await stage.until(({ forecasts }) => forecasts.length === 45)
    await stage.live([...rowsOf(100, 103), ...rowsOf(103, 104).slice(0, 2)])
    await stage.until((made) => liveBars(made).length === 9)
    await stage.register(2)
    await stage.until(() => ready.includes(2))
    await stage.live([rowOf('CCCUSDT', 103), ...rowsOf(104, 106)])
    const made = await stage.until((now) => liveBars(now).length === 18)
    expect(liveBars(made).map((name) => name.slice(-2))).toEqual([...Array<string>(9).fill('v1'), ...Array<string>(9).fill('v2')])
    expect(new Set(made.keys).size).toBe(made.keys.length)
    await stage.registry.setAlias({ model: 'gnn-5m', alias: 'champion', version: 1, reason: 'rolled back' })
    await stage.until(() => ready.length === 3)
    await stage.live(rowsOf(106, 107))
    expect(liveBars(await stage.until((now) => liveBars(now).length === 21)).slice(-3)).toEqual(['A106v1', 'B106v1', 'C106v1'])
    await predictor.stop()
  })

  it('that cannot be used is told, and the old one goes on', async () => {
    const refused: number[] = []
    const predictor = start({ onModel: (version, ready) => void (ready || refused.push(version)) })
    await stage.until(({ forecasts }) => forecasts.length === 45)
    const cut = await stage.register(2, { champion: false })
    const whole = await stage.objects.get(`${cut.path}/weights.bin`)
    await stage.objects.put(`${cut.path}/weights.bin`, whole.subarray(0, 10))
    await stage.registry.setAlias({ model: 'gnn-5m', alias: 'champion', version: 2, reason: 'a test' })
    const told = async (text: string) => {
      while (!(await toldOf(stage)).some((message) => message.includes(text))) await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await told('version 2 was made champion and cannot be used: MODEL_CORRUPT')
    await stage.live(rowsOf(100, 101))
    await stage.until((now) => liveBars(now).length === 3)
    await stage.register(3, { version: { interval: '1h' } })
    await told('version 3 was made champion and cannot be used: MODEL_MISMATCH')
    await stage.live(rowsOf(101, 102))
    expect(liveBars(await stage.until((now) => liveBars(now).length === 6)).every((name) => name.endsWith('v1'))).toBe(true)
    expect(refused).toEqual([2, 3])
    await predictor.stop()
  })
})

const toldOf = async ({ bus }: Stage) => {
  const messages = await Promise.all([0, 1, 2, 3].map((partition) => bus.admin.peek('queue-events', { partition, limit: 10_000 })))
  return messages.flat().map(({ value }) => (JSON.parse(value.toString()) as { message: string }).message)
}

describe('killed anywhere', () => {
  const contents = ({ forecasts, scores }: Made) => [...forecasts, ...scores].map((record) => {
    const { known_time: _, ...rest } = record
    return [recordKey(record), { ...rest, inputs: undefined }] as const
  }).sort(([a], [b]) => (a < b ? -1 : 1))

  /** A row is dealt out before the next bar's, but within a bar in any order, and now and then twice. */
  function shuffled(seed: number, first: number, end: number): FeatureRow[] {
    const random = seededRandom(seed)
    return Array.from({ length: end - first }, (_, i) => rowsOf(first + i, first + i + 1).sort(() => random() - 0.5)).flat()
  }

  it('it comes to the same forecasts, each once', async () => {
    const rows = shuffled(5, 100, 112)
    let predictor = start()
    await stage.live(rows)
    await stage.until(({ forecasts }) => forecasts.length === 45 + 36)
    await predictor.stop()
    const undisturbed = contents(await stage.made())

    for (const seed of [1, 2, 3]) {
      await stage.close()
      stage = await openStage()
      await prepare()
      const random = seededRandom(seed)
      let attempt = 1
      for (let sent = 0; sent < rows.length; attempt++) {
        let left = Math.floor(random() * 25)
        const bus: Stage['bus'] = { ...stage.bus, publish: (topic, messages) => {
          if (topic.startsWith('wf-all-forecast') && left-- <= 0) return Promise.reject(new Error('killed'))
          return stage.bus.publish(topic, messages)
        } }
        predictor = start({ attempt, bus })
        const part = Math.ceil(random() * 20)
        await stage.live(rows.slice(sent, sent + part))
        sent += part
        const enough = 45 + 3 * Math.floor(Math.min(sent, rows.length) / 3) - 3
        await stage.until(({ forecasts }) => forecasts.length >= enough, predictor.running)
        await predictor.terminate()
      }
      predictor = start({ attempt })
      const made = await stage.until(({ forecasts }) => forecasts.length >= 45 + 36)
      await predictor.stop()
      expect(new Set(made.keys).size).toBe(made.keys.length)
      expect(contents(await stage.made())).toEqual(undisturbed)
    }
  })

  it('it finds in the store what was trimmed from the topic', async () => {
    let predictor = start()
    await stage.until(({ forecasts }) => forecasts.length === 45)
    await stage.live([...rowsOf(100, 104), ...rowsOf(104, 105).slice(0, 2)])
    const first = await stage.until((made) => liveBars(made).length === 12 && hasScore(made, 'CCCUSDT', 101))
    await predictor.terminate()
    await stage.store.writeBatch('features_5m_a1b2c3', [...rowsOf(100, 104), ...rowsOf(104, 105).slice(0, 2)].map((row) => ({ _key: featureKey(row), ...row })))
    await stage.store.ensureCollection('forecasts_5m_a1b2c3')
    await stage.store.writeBatch('forecasts_5m_a1b2c3', [...first.forecasts, ...first.scores].map((record) => ({ _key: recordKey(record), ...record })))
    const topic = 'wf-all-forecast_5m-20250101-a1b2c3-data'
    await stage.bus.admin.deleteTopic(topic)
    await stage.bus.admin.createTopic({ name: topic, partitions: 1 })
    predictor = start({ attempt: 2 })
    await stage.live([rowOf('CCCUSDT', 104), ...rowsOf(105, 106)])
    const second = await stage.until((made) => liveBars(made).length === 6 && hasScore(made, 'CCCUSDT', 103))
    expect(liveBars(second)).toEqual(['A104v1', 'B104v1', 'C104v1', 'A105v1', 'B105v1', 'C105v1'])
    expect(second.scores.map((score) => `${score.symbol[0]}${barOf(score)}`)).toEqual(['A102', 'B102', 'C102', 'A103', 'B103', 'C103'])
    expect(symbols).toHaveLength(3)
    await predictor.stop()
  })
})

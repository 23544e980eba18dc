import { recordKey, type Signal, type StageSpec } from '@streamforge/contracts'
import { type BacktestRun, seededRandom } from '@streamforge/models'
import type { StopCause, WorkerOutcome } from '@streamforge/service'
import type { StoredDocument } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bars, from, type Stage, step } from './predictor-fixture.ts'
import { backtestOf, barRow, candleCollection, candleOf, openSignalScene, randomPolicy, type SignalScene, stageTopic, storedSignals, symbols } from './signal-fixture.ts'

let scene: SignalScene
beforeEach(async () => {
  scene = await openSignalScene()
  for (const symbol of symbols) await scene.register(symbol, 11)
})
const started: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const terminate of started.splice(0)) await terminate()
  await scene.stage.close()
})

function start(options: Parameters<Stage['run']>[0] = {}) {
  let tell: (cause: StopCause) => void = () => undefined
  const running: Promise<WorkerOutcome> = scene.stage.run({ latenessMs: 20, ...options, onStop: (stop) => {
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

const count = 60
const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)
const barOf = ({ open_time }: Signal) => (open_time - from) / step
const ofSymbol = (signals: readonly Signal[], symbol: string) => signals.filter((signal) => signal.symbol === symbol)

/** The signals beside what the engine made of the same bars. */
function expectAsBacktested(signals: readonly Signal[], run: BacktestRun): void {
  for (const signal of signals) {
    const at = barOf(signal) - run.from
    expect([barOf(signal), signal.action], `bar ${barOf(signal)}`).toEqual([barOf(signal), run.actions[at]])
    expect(signal.account.position).toBe(run.positions[at])
    expect(signal.account.cash).toBe(run.cash[at])
    expect(signal.portfolio_value).toBe(run.values[at])
  }
  const fills = signals.flatMap((signal) => (signal.fill ? [{ index: barOf(signal), ...signal.fill }] : []))
  expect(fills).toEqual(run.fills.map(({ portfolioValue: _, ...fill }) => fill))
  expect(fills.length).toBeGreaterThan(5)
}

it('gives the signals, fills and values of a backtest of the same bars', async () => {
  const predictor = start()
  await scene.live(range(bars, bars + count))
  const signals = await scene.until(2 * count)
  expect(await predictor.stop()).toMatchObject({ exitCode: 0, ended: 'stopped' })
  for (const symbol of symbols) {
    const own = ofSymbol(signals, symbol)
    expect(own.map(barOf)).toEqual(range(bars, bars + count))
    expectAsBacktested(own, backtestOf(symbol, randomPolicy(symbol, 11), bars + count))
  }
})

it('does as a backtest where bars are missing: orders wait for the next one', async () => {
  const [symbol] = symbols as [string]
  const policy = randomPolicy(symbol, 11)
  // Bars after those on which something is ordered.
  const whole = backtestOf(symbol, policy, bars + count)
  const missing = range(0, count).filter((at) => whole.actions[at] !== 'hold').slice(2, 4).map((at) => bars + at + 1)
  const predictor = start()
  const present = range(bars, bars + count).filter((bar) => !missing.includes(bar))
  await scene.live(present, symbols)
  const own = ofSymbol(await scene.until(2 * present.length), symbol)
  await predictor.stop()
  expect(own.map(barOf)).toEqual(present)
  const run = backtestOf(symbol, policy, bars + count, missing)
  expectAsBacktested(own, run)
  expect(missing).toHaveLength(2)
})

it('waits for the candle of a bar, and then goes on in order', async () => {
  const predictor = start()
  await scene.live(range(bars, bars + 3))
  await scene.until(6)
  await scene.stage.live(range(bars + 3, bars + 5).flatMap((bar) => symbols.map((symbol) => (barRow(symbol, bar)))))
  await scene.candles([bars + 3, bars + 4], symbols.slice(1))
  await scene.until(7)
  expect(ofSymbol(await scene.signals(), symbols[0]!)).toHaveLength(3)
  await scene.candles([bars + 3, bars + 4], symbols.slice(0, 1))
  const signals = await scene.until(10)
  await predictor.stop()
  for (const symbol of symbols) expect(ofSymbol(signals, symbol).map(barOf)).toEqual(range(bars, bars + 5))
})

it('killed anywhere, it comes to the same signals, each once', async () => {
  const expected = symbols.map((symbol) => backtestOf(symbol, randomPolicy(symbol, 11), bars + count))
  const random = seededRandom(3)
  let sent = 0
  for (let attempt = 1; attempt < 40 && sent < count; attempt++) {
    let left = Math.floor(random() * 8)
    const bus: Stage['bus'] = { ...scene.stage.bus, publish: (topic, messages) => {
      if (topic === stageTopic && left-- <= 0) return Promise.reject(new Error('killed'))
      return scene.stage.bus.publish(topic, messages)
    } }
    const predictor = start({ attempt, bus })
    const part = Math.min(count - sent, Math.ceil(random() * 12))
    await scene.live(range(bars + sent, bars + sent + part))
    sent += part
    await scene.until(2 * sent, predictor.running)
    await predictor.terminate()
  }
  const predictor = start({ attempt: 50 })
  const signals = await scene.until(2 * count)
  await predictor.stop()
  expect(new Set(signals.map(recordKey)).size).toBe(signals.length)
  symbols.forEach((symbol, i) => expectAsBacktested(ofSymbol(signals, symbol), expected[i]!))
})

it('goes on from the store where the topics were trimmed', async () => {
  let predictor = start()
  await scene.live(range(bars, bars + 30))
  const first = await scene.until(60)
  await predictor.terminate()
  const { stage } = scene
  await stage.store.ensureCollection('forecasts_5m_a1b2c3')
  await stage.store.writeBatch('forecasts_5m_a1b2c3', storedSignals(first))
  for (const symbol of symbols) {
    await stage.store.ensureCollection(candleCollection(symbol))
    await stage.store.writeBatch(candleCollection(symbol), range(bars, bars + 31).map((bar) => ({ _key: recordKey(candleOf(symbol, bar)), ...candleOf(symbol, bar) })))
  }
  await stage.store.writeBatch('features_5m_a1b2c3', range(bars, bars + 31).flatMap((bar) => symbols.map((symbol) => ({ _key: recordKey(barRow(symbol, bar)), ...barRow(symbol, bar) }))))
  await stage.bus.admin.deleteTopic(stageTopic)
  await stage.bus.admin.createTopic({ name: stageTopic, partitions: 1 })
  predictor = start({ attempt: 2 })
  await scene.live(range(bars + 31, bars + count))
  const second = await scene.until(2 * (count - 30))
  await predictor.stop()
  for (const symbol of symbols) expectAsBacktested([...ofSymbol(first, symbol), ...ofSymbol(second, symbol)], backtestOf(symbol, randomPolicy(symbol, 11), bars + count))
})

it('another champion takes over between two bars, with the account as it stands', async () => {
  const ready: number[] = []
  const predictor = start({ onModel: (version) => ready.push(version) })
  await scene.live(range(bars, bars + 20))
  await scene.until(40)
  await scene.register(symbols[0]!, 9)
  while (ready.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  await scene.live(range(bars + 20, bars + 40))
  const own = ofSymbol(await scene.until(80), symbols[0]!)
  await predictor.stop()
  expect(own.map(({ model_version }) => model_version)).toEqual([...Array<number>(20).fill(1), ...Array<number>(20).fill(2)])
  const before = backtestOf(symbols[0]!, randomPolicy(symbols[0]!, 11), bars + 20)
  expect(own[19]!.portfolio_value).toBe(before.values.at(-1))
  expect(own.slice(20).map(({ action }) => action)).not.toEqual(backtestOf(symbols[0]!, randomPolicy(symbols[0]!, 11), bars + 40).actions.slice(20))
})

it('needs a champion of every symbol, and its live candles', async () => {
  const { inputs, pipeline, ...spec } = await scene.stage.store.get<StageSpec & StoredDocument>('stages', stageTopic.slice(0, -'-data'.length)) as StageSpec
  await scene.stage.plan({ ...spec, pipeline, inputs, symbols: [...symbols, 'CCCUSDT'] })
  expect((await scene.stage.run()).error).toMatchObject({ code: 'STAGE_INPUT_MISSING', message: expect.stringContaining('no live candles of CCCUSDT') as string })
  await scene.stage.plan({ ...spec, inputs, pipeline: { ...pipeline, model: 'nobodys' } as StageSpec['pipeline'] })
  expect((await scene.stage.run()).error).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('nobodys-aaausdt-5m has no champion') as string })
  await scene.stage.plan({ ...spec, inputs, pipeline, live: false })
  expect((await scene.stage.run()).error).toMatchObject({ code: 'BAD_REQUEST' })
})

it('refuses an agent of another symbol', async () => {
  await scene.register(symbols[0]!, 3, { symbols: ['CCCUSDT'] })
  expect((await scene.stage.run()).error).toMatchObject({ code: 'MODEL_MISMATCH', message: expect.stringContaining('trades CCCUSDT, not AAAUSDT') as string })
})

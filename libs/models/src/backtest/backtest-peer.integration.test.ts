import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pythonEnvironment } from '@streamforge/servers'
import { describe, expect, it } from 'vitest'
import type { AccountRules } from './account.ts'
import { start, step, walk } from './backtest.test-support.ts'
import { measureBacktest } from './backtest-metrics.ts'
import { type BacktestRun, runBacktest, type StrategyPlan } from './run-backtest.ts'
import type { MarketBars } from './strategy.ts'
import { movingAverage } from './strategies/moving-average.ts'
import { rsi } from './strategies/rsi.ts'

const found = await pythonEnvironment({ name: 'backtesting-1', packages: ['backtesting==0.6.5', 'pandas==3.1.1', 'numpy==2.4.6'] })
const bars = walk(4_000, 21)

interface PeerResult {
  equity: number[]
  total_return: number
  max_drawdown: number
  sharpe: number
  sortino: number
  wins: number
  entries: number[]
  exits: number[]
}

/** The package slips purchases only: of a sale the slippage is put into the open. */
function ordersAgain(market: MarketBars, run: BacktestRun, rules: AccountRules): PeerResult {
  const sold = new Set(run.fills.filter(({ side }) => side === 'sell').map(({ index }) => index))
  const asked = {
    bars: {
      time: [...market.openTimes], open: Array.from(market.open, (price, i) => price * (sold.has(i) ? 1 - rules.slippageBps / 10_000 : 1)), high: [...market.high], low: [...market.low],
      close: [...market.close], volume: [...market.volume],
    },
    orders: run.fills.map(({ index, side, quantity }) => ({ index: index - 1, side, quantity })), fee: rules.feeBps / 10_000, spread: rules.slippageBps / 10_000, cash: rules.initialCapital,
  }
  const { status, stdout, stderr } = spawnSync((found as { python: string }).python, [join(import.meta.dirname, 'backtesting_peer.py')], { input: JSON.stringify(asked), encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error(stderr.slice(-2_000))
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as PeerResult
}

const difference = (a: number, b: number) => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE)

describe.skipIf('reason' in found)(`beside the Python package backtesting${'reason' in found ? ` (skipped: ${found.reason})` : ''}`, () => {
  const rules: AccountRules = { initialCapital: 100_000, feeBps: 10, slippageBps: 5, lotSize: 1, positionShare: 0.95 }
  const halves: StrategyPlan = {
    ...movingAverage({ fast: 5, slow: 12 }),
    create(of) {
      const whole = movingAverage({ fast: 5, slow: 12 }).create(of)
      return { name: 'halves', onBar: (bar) => (bar.index % 9 === 4 && bar.position > 0 ? { action: 'sell', size: 0.5 } : whole.onBar(bar)) }
    },
  }
  it.each([
    ['a moving average', movingAverage({ fast: 5, slow: 20 }), rules],
    ['the relative strength index, without costs', rsi({ period: 5, low: 40, high: 60 }), { ...rules, feeBps: 0, slippageBps: 0 }],
    ['sales of halves', halves, rules],
  ] as const)('the same orders come to the same to 1e-9: %s', { timeout: 120_000 }, (_, plan, of) => {
    const run = runBacktest({ bars, rules: of, segments: [{ from: 0, to: bars.openTimes.length, plan }] })
    expect(run.fills.length).toBeGreaterThan(100)
    const peer = ordersAgain(bars, run, of)
    expect(peer.equity).toHaveLength(run.values.length)
    const worst = run.values.reduce((most, value, i) => Math.max(most, difference(value, peer.equity[i]!)), 0)
    expect(worst).toBeLessThan(1e-9)
    const { metrics } = measureBacktest({ bars, run, initialCapital: of.initialCapital, endTime: start + bars.openTimes.length * step, bootstrap: { blockBars: 20, resamples: 2, seed: 1 } })
    const year = Math.sqrt((365.25 * 86_400_000) / step)
    const pairs = [
      [metrics.total_return.value, peer.total_return], [metrics.max_drawdown.value, peer.max_drawdown], [metrics.sharpe!.value, peer.sharpe * year], [metrics.sortino!.value, peer.sortino * year],
    ] as const
    for (const [own, theirs] of pairs) expect(difference(own, theirs)).toBeLessThan(1e-9)
    const sales = run.fills.filter(({ side }) => side === 'sell')
    expect(new Set(peer.exits.map((price) => price.toPrecision(10)))).toEqual(new Set(sales.map(({ price }) => price.toPrecision(10))))
    if (plan !== halves) expect(metrics.win_rate!.value).toBeCloseTo(peer.wins / sales.length, 12)
  })
})

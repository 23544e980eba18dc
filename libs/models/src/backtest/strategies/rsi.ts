import type { StrategyPlan } from '../run-backtest.ts'
import { closeWindow } from './close-window.ts'

export interface RsiOptions {
  /** Price changes that go in. Default 14. */
  period?: number
  /** Below it buys, above the other it sells. Default 30 and 70. */
  low?: number
  high?: number
}

/**
 * Buys what has fallen too far and sells what has risen too far, by the relative strength index (Wilder, New Concepts in Technical Trading Systems, 1978).
 * Plain means over the period as Cutler has them, not Wilder's smoothing: that one depends on where the series begins.
 */
export function rsi({ period = 14, low = 30, high = 70 }: RsiOptions = {}): StrategyPlan {
  return {
    name: 'rsi',
    warmupBars: period + 1,
    create() {
      const window = closeWindow(period + 1)
      return {
        name: 'rsi',
        onBar({ candle, position }) {
          window.push(candle.close)
          if (!window.isFull()) return { action: 'hold' }
          const { up, down } = window.moves()
          const index = up + down === 0 ? 50 : (100 * up) / (up + down)
          if (index < low && position === 0) return { action: 'buy' }
          return { action: index > high && position > 0 ? 'sell' : 'hold' }
        },
      }
    },
  }
}

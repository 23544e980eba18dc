import type { StrategyPlan } from '../run-backtest.ts'
import { closeWindow } from './close-window.ts'

export interface MovingAverageOptions {
  /** Bars of the two means. Default 20 and 50. */
  fast?: number
  slow?: number
}

/**
 * Holds while the mean of the last `fast` closes is above that of the last `slow` (Murphy, Technical Analysis of the Financial Markets, chapter 9).
 * The means are taken anew from the window, so that they do not depend on where the series begins.
 */
export function movingAverage({ fast = 20, slow = 50 }: MovingAverageOptions = {}): StrategyPlan {
  return {
    name: 'moving_average',
    warmupBars: slow,
    create() {
      const window = closeWindow(slow)
      return {
        name: 'moving_average',
        onBar({ candle, position }) {
          window.push(candle.close)
          if (!window.isFull()) return { action: 'hold' }
          const above = window.mean(fast) - window.mean(slow)
          if (above > 0 && position === 0) return { action: 'buy' }
          return { action: above < 0 && position > 0 ? 'sell' : 'hold' }
        },
      }
    },
  }
}

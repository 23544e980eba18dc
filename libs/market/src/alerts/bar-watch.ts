import { robustWindow, type RobustWindowOptions } from './robust-window.ts'

/** Returns are compared with those of the bars before; a quiet market's least scale is 0.05 % a bar. */
const returnWindow: RobustWindowOptions = { length: 96, least: 20, leastScale: 0.0005 }
/** Logarithms of volumes, since these are skewed; the least scale is a factor of about 1.2. */
const volumeWindow: RobustWindowOptions = { length: 96, least: 20, leastScale: 0.2 }

/** Prices and volumes of bars, one after another, and how unusual the newest are. */
export interface BarWatch {
  /** A price within the bar that is being made. */
  price(price: number, volume: number): void
  /** Ends the bar. Without a price in it nothing happens. */
  close(): void
  /** The largest of what the bar in the making, and those closed since the last call, came to; undefined while too little is known. */
  newest(): { jump: number | undefined; spike: number | undefined }
}

export function watchBars(): BarWatch {
  const returns = robustWindow(returnWindow)
  const volumes = robustWindow(volumeWindow)
  let last: number | undefined
  let bar: { low: number; high: number; close: number; volume: number } | undefined
  let peak: ReturnType<BarWatch['newest']> = { jump: undefined, spike: undefined }
  const look = () => {
    if (!bar) return
    if (last !== undefined) peak.jump = largest(peak.jump, strength(returns, bar.low, last), strength(returns, bar.high, last))
    if (bar.volume > 0) peak.spike = largest(peak.spike, volumes.deviations(Math.log(bar.volume)))
  }
  return {
    price(price, volume) {
      // A price of zero or below has no return; some venues publish such for what does not trade.
      if (!(price > 0)) return
      bar ??= { low: price, high: price, close: price, volume: 0 }
      bar.low = Math.min(bar.low, price)
      bar.high = Math.max(bar.high, price)
      bar.close = price
      bar.volume += volume
    },
    close() {
      if (!bar) return
      look()
      if (last !== undefined) returns.push(Math.log(bar.close / last))
      if (bar.volume > 0) volumes.push(Math.log(bar.volume))
      last = bar.close
      bar = undefined
    },
    newest() {
      look()
      const found = peak
      peak = { jump: undefined, spike: undefined }
      return found
    },
  }
}

function strength(returns: ReturnType<typeof robustWindow>, price: number, last: number): number | undefined {
  const deviations = returns.deviations(Math.log(price / last))
  return deviations === undefined ? undefined : Math.abs(deviations)
}

function largest(...values: (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length ? Math.max(...known) : undefined
}

import { StreamForgeError } from '@streamforge/contracts'
import type { BarRange, Panel, TimeSplit } from '@streamforge/models'

/** Fewest bars of a part in which some outcome is known. */
export const fewestRows = 20

/**
 * Refuses what cannot be learnt from, naming the symbols: those without any row, and those whose price never changes.
 * @throws StreamForgeError NO_DATA, CONSTANT_SERIES, TOO_FEW_BARS
 */
export function checkTrainingData(panel: Panel, split: TimeSplit): void {
  const prices = panel.symbols.map((_, n) => pricesOf(panel, n))
  const without = panel.symbols.filter((_, n) => prices[n]!.length === 0)
  if (without.length > 0) {
    throw new StreamForgeError('NO_DATA', `no features are stored of ${list(without)} in the range`, { remedy: 'leave them out, or choose a range in which they trade', details: { symbols: without } })
  }
  const constant = panel.symbols.filter((_, n) => prices[n]!.every((price) => price === prices[n]![0]))
  if (constant.length > 0) {
    throw new StreamForgeError('CONSTANT_SERIES', `the price of ${list(constant)} never changes in the range`, { remedy: 'leave them out, or choose another range', details: { symbols: constant } })
  }
  for (const [name, part] of Object.entries(split)) {
    const known = knownBars(panel, part as BarRange)
    if (known < fewestRows) {
      throw new StreamForgeError('TOO_FEW_BARS', `the ${name} part has ${known} bars with a known outcome; at least ${fewestRows} are needed`, { remedy: 'load a longer time range', details: { part: name, known } })
    }
  }
}

function pricesOf({ close, symbols }: Panel, asset: number): Float64Array {
  return close.filter((price, cell) => cell % symbols.length === asset && price > 0)
}

function knownBars({ returns, symbols }: Panel, { from, to }: BarRange): number {
  let known = 0
  for (let bar = from; bar < to; bar++) {
    if (returns.subarray(bar * symbols.length, (bar + 1) * symbols.length).some((value) => !Number.isNaN(value))) known++
  }
  return known
}

const list = (symbols: readonly string[]) => (symbols.length > 5 ? `${symbols.slice(0, 5).join(', ')} and ${symbols.length - 5} more` : symbols.join(', '))

/** Round numbers that cover a range in about `count` steps of 1, 2 or 5 times a power of ten. */
export function niceTicks(from: number, to: number, count: number): number[] {
  if (!(to > from)) return [from]
  const rough = (to - from) / Math.max(1, count)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((m) => m * power >= rough) ?? 10) * power
  const ticks: number[] = []
  for (let n = Math.ceil(from / step); n * step <= to + step * 1e-9; n++) ticks.push(Number((n * step).toPrecision(12)))
  return ticks
}

/** Three digits that count: `0.0123`, `1.50e-7`. */
export function formatFigure(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  return size < 1e-4 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(3)))
}

const perWhole = 100_000_000

/** A decimal text as a whole number of hundred-millionths: "0.5" is 50000000. Exact up to 90 million. */
export function toUnits(text: string): number {
  const point = text.indexOf('.')
  if (point < 0) return Number(text) * perWhole
  return Number(text.slice(0, point)) * perWhole + Number(text.slice(point + 1, point + 9).padEnd(8, '0'))
}

/** With eight decimals, as Binance writes prices and quantities. */
export function unitsText(units: number): string {
  const whole = Math.floor(units / perWhole)
  return `${whole}.${String(units - whole * perWhole).padStart(8, '0')}`
}

export const unitsOf = (value: number): number => Math.round(value * perWhole)
export const valueOf = (units: number): number => units / perWhole

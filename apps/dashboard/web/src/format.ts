const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export const formatCount = (n: number) => whole.format(n)
export const formatCompact = (n: number) => (n < 10_000 ? whole.format(n) : compact.format(n))
export const formatRate = (perSecond: number) => `${formatCompact(Math.round(perSecond))}/s`

/** `4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: the two largest units. */
export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  const units: [number, string][] = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']]
  const first = units.findIndex(([length]) => s >= length)
  const [length, name] = units[first]!
  const [nextLength, nextName] = units[first + 1]!
  const rest = Math.floor((s % length) / nextLength)
  return `${Math.floor(s / length)} ${name}${rest ? ` ${rest} ${nextName}` : ''}`
}

const iso = (ms: number) => new Date(ms).toISOString()
/** `2024-08-01 12:30`, UTC; seconds only where they are not zero. */
export function formatInstant(ms: number): string {
  const text = iso(ms).slice(0, 19).replace('T', ' ')
  return text.endsWith(':00') ? text.slice(0, -3) : text
}
export const formatClock = (ms: number) => iso(ms).slice(11, 19)
export const formatClockMs = (ms: number) => iso(ms).slice(11, 23)
export const formatDay = (ms: number) => iso(ms).slice(0, 10)
/** The local time of day, for what happens in front of the person. */
export const formatLocalTime = (ms: number) => new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })

/** Decimals that show a price's own precision: as many as the finest of some prices needs, at most 8. */
export function priceDecimals(prices: Iterable<number>): number {
  let most = 0
  for (const price of prices) {
    const text = String(price)
    const decimals = text.includes('e-') ? 8 : (text.split('.')[1]?.length ?? 0)
    if (decimals > most) most = Math.min(8, decimals)
  }
  return most
}

/** A venue's decimal text with trailing zeros taken away down to `least` decimals. */
export function trimDecimal(text: string, least = 0): string {
  const [integer, fraction = ''] = text.split('.') as [string, string?]
  const kept = fraction.replace(/0+$/, '').padEnd(least, '0')
  return kept ? `${integer}.${kept}` : integer
}

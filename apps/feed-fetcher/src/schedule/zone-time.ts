/** Local times of the IANA database's zones, by the runtime's own tables. */

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  })
  formats.set(zone, format)
  return format
}

/** What clocks of the zone show at an instant, as if it were UTC: subtract the instant, and the offset remains. Milliseconds. */
export function localTime(zone: string, instant: number): number {
  if (zone === 'UTC') return instant
  const parts: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(instant)) if (type !== 'literal') parts[type] = Number(value)
  const shown = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!)
  return shown + ((instant % 1_000) + 1_000) % 1_000
}

/** Offset of the zone's clocks to UTC at an instant, in milliseconds; positive east of Greenwich. */
export const zoneOffset = (zone: string, instant: number): number => localTime(zone, instant) - instant

/**
 * The instant at which clocks of the zone show a local time (milliseconds as if it were UTC). A time that daylight saving leaves out is
 * taken as so much later; of one that comes twice the first is meant.
 */
export function instantOf(zone: string, local: number): number {
  const dayMs = 86_400_000
  // The offsets in force before and after whatever change lies near.
  const before = local - zoneOffset(zone, local - dayMs)
  const after = local - zoneOffset(zone, local + dayMs)
  const valid = [before, after].filter((instant) => localTime(zone, instant) === local)
  // In a gap neither fits: the offset before the change puts it as much after the change as it lies within the gap.
  return valid.length > 0 ? Math.min(...valid) : before
}

/** `2024-08-01T09:30:00-04:00`, without fractions. */
export function formatInZone(zone: string, instant: number): string {
  const offset = Math.round(zoneOffset(zone, instant) / 60_000)
  const two = (n: number) => String(n).padStart(2, '0')
  const absolute = Math.abs(offset)
  return `${new Date(localTime(zone, instant)).toISOString().slice(0, 19)}${offset < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`
}

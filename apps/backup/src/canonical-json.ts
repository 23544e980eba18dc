/** JSON with the fields of every object sorted by name: the same value is the same text, whichever store gave it back. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? Object.fromEntries(Object.entries(part).sort(byName)) : part))
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)

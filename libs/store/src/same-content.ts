/** Whether two JSON values are equal; the order of an object's fields does not count. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((value, i) => sameContent(value, b[i]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  const fields = Object.keys(left)
  return fields.length === Object.keys(right).length
    && fields.every((field) => Object.hasOwn(right, field) && sameContent(left[field], right[field]))
}

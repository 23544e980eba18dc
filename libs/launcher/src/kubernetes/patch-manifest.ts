type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A manifest with a patch on it, as kustomize's strategic merge does it: fields are merged and `null` takes one away; things in lists are found by their
 * `mountPath` or `name`, and `$patch: delete` takes one away; any other list is replaced.
 */
export function patchManifest(manifest: unknown, patch: unknown): unknown {
  if (Array.isArray(patch)) return patchList(Array.isArray(manifest) ? manifest : [], patch)
  if (!isFields(patch)) return patch
  const merged: Record<string, unknown> = { ...(isFields(manifest) && manifest) }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = patchManifest(merged[key], value)
  }
  return merged
}

function patchList(list: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const key = ['mountPath', 'name'].find((name) => [...list, ...patch].every((item) => isFields(item) && name in item))
  if (key === undefined) return patch
  const merged = [...list]
  for (const item of patch as readonly Fields[]) {
    const at = merged.findIndex((other) => (other as Fields)[key] === item[key])
    const patched = item['$patch'] === 'delete' ? [] : [patchManifest(merged[at], item)]
    merged.splice(at < 0 ? merged.length : at, at < 0 ? 0 : 1, ...patched)
  }
  return merged
}

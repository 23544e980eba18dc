export interface NearestPlan {
  /** Of each asset so many pairs with the largest weights, by their size, are kept. */
  nearest: number
  /** Smaller weights, by their size, are not kept. */
  minimum: number
}

/**
 * Pairs of which at least one asset counts the other among its nearest, `[i, j]` with i < j, in order. `weight(i, j)` is the same both
 * ways. Of equal weights the earlier asset is the nearer one.
 */
export function nearestPairs(assets: number, weight: (i: number, j: number) => number, { nearest, minimum }: NearestPlan): [number, number][] {
  const kept = new Set<number>()
  for (let i = 0; i < assets; i++) {
    for (const j of nearestOf(i, assets, weight, { nearest, minimum })) kept.add(Math.min(i, j) * assets + Math.max(i, j))
  }
  return [...kept].sort((a, b) => a - b).map((pair) => [Math.floor(pair / assets), pair % assets])
}

/** The other assets with the largest weights towards `i`, largest first. */
export function nearestOf(i: number, assets: number, weight: (i: number, j: number) => number, { nearest, minimum }: NearestPlan): number[] {
  const found: { j: number; size: number }[] = []
  for (let j = 0; j < assets; j++) {
    const size = Math.abs(weight(i, j))
    if (j !== i && size > 0 && size >= minimum) found.push({ j, size })
  }
  return found.sort((a, b) => b.size - a.size || a.j - b.j).slice(0, nearest).map(({ j }) => j)
}

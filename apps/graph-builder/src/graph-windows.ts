import { barGrid, ceilToInterval, floorToInterval, type StageSpec, StreamForgeError } from '@streamforge/contracts'

/** Fewer bars tell nothing of a relation. */
export const fewestBars = 30

export interface GraphWindow {
  from: number
  /** Excluded. */
  to: number
}

/** What a stage looks at, on the grid of its bars. Of live data: what had closed when the stage was planned, however late it is run. */
export function stageRange({ from, to, interval, created_at }: Pick<StageSpec, 'from' | 'to' | 'interval' | 'created_at'>): GraphWindow {
  return { from: ceilToInterval(from, interval), to: floorToInterval(to ?? created_at, interval) }
}

/**
 * The windows of a stage, in time order, each bar in one of them. Where a network is trained, so many as were asked for end with its training
 * part, so that it sees no relation of the bars that it is tuned on and judged by; the bars after that are cut into windows of about
 * the same length.
 * @throws StreamForgeError TOO_FEW_BARS
 */
export function graphWindows(spec: Pick<StageSpec, 'venue' | 'from' | 'to' | 'interval' | 'created_at' | 'pipeline'>): GraphWindow[] {
  const range = stageRange(spec)
  const openTimes = barGrid(spec.venue, spec.interval).times(range)
  const bars = openTimes.length
  const { pipeline } = spec
  const windows = pipeline.type === 'train_gnn' ? pipeline.graph.windows : 1
  const learnt = pipeline.type === 'train_gnn' ? Math.floor(bars * shareOfFirst(pipeline.training.parts)) : bars
  const length = Math.floor(learnt / windows)
  if (length < fewestBars) {
    throw new StreamForgeError('TOO_FEW_BARS', `the range has ${bars} bars of ${spec.interval}: ${length} for each window of the asset graph, and at least ${fewestBars} are needed`, {
      remedy: 'ask for a longer range, shorter bars or fewer windows', details: { bars, windows, length },
    })
  }
  const rest = bars - learnt
  const later = Math.min(Math.max(1, Math.round(rest / length)), Math.floor(rest / fewestBars))
  const borders = [...cut(0, learnt, windows), ...(later > 0 ? cut(learnt, bars, later) : [])]
  const time = (bar: number) => openTimes[bar] ?? range.to
  return borders.map(([first, end]) => ({ from: time(first), to: time(end) }))
}

const shareOfFirst = (parts: readonly number[]) => parts[0]! / parts.reduce((sum, part) => sum + part, 0)

/** Borders of `count` parts of [from, to) that differ by one at most. */
function cut(from: number, to: number, count: number): [number, number][] {
  const border = (i: number) => from + Math.floor(((to - from) * i) / count)
  return Array.from({ length: count }, (_, i) => [border(i), border(i + 1)])
}

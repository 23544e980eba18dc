import {
  customSeriesDefaultOptions, type CustomData, type CustomSeriesOptions, type ICustomSeriesPaneView, type PaneRendererCustomData, type PriceToCoordinateConverter,
  type UTCTimestamp,
} from 'lightweight-charts'

export interface BandData extends CustomData<UTCTimestamp> { low: number; high: number }
export interface BandOptions extends CustomSeriesOptions { ground: string }

/** What a renderer of the chart library draws on. */
type Target = Parameters<ReturnType<ICustomSeriesPaneView<UTCTimestamp, BandData, BandOptions>['renderer']>['draw']>[0]

/** A series of the chart library: the ground between a low and a high line, interrupted where a bar has none. */
export function bandSeries(): ICustomSeriesPaneView<UTCTimestamp, BandData, BandOptions> {
  let data: PaneRendererCustomData<UTCTimestamp, BandData> | undefined
  let ground = ''
  return {
    renderer: () => ({ draw: (target, toY) => { if (data) drawBand(target, toY, data, ground) } }),
    update(now, options) {
      data = now
      ground = options.ground
    },
    priceValueBuilder: ({ low, high }) => [low, high, (low + high) / 2],
    isWhitespace: (given): given is never => !('low' in given),
    defaultOptions: () => ({ ...customSeriesDefaultOptions, ground: '#8884' }),
  }
}

function drawBand(target: Target, toY: PriceToCoordinateConverter, { bars, visibleRange }: PaneRendererCustomData<UTCTimestamp, BandData>, ground: string): void {
  if (!visibleRange) return
  const shown = bars.slice(Math.max(0, visibleRange.from), visibleRange.to)
  target.useMediaCoordinateSpace(({ context }) => {
    context.fillStyle = ground
    for (const run of unbroken(shown)) {
      const points = run.map(({ x, originalData }) => ({ x, low: toY(originalData.low) ?? 0, high: toY(originalData.high) ?? 0 }))
      context.beginPath()
      for (const { x, high } of points) context.lineTo(x, high)
      for (const { x, low } of points.toReversed()) context.lineTo(x, low)
      context.closePath()
      context.fill()
    }
  })
}

/** Bars as the library gives them; a whitespace bar has no low. */
function unbroken<B extends { originalData: object }>(bars: readonly B[]): B[][] {
  const runs: B[][] = [[]]
  for (const bar of bars) {
    if ('low' in bar.originalData) runs.at(-1)!.push(bar)
    else runs.push([])
  }
  return runs.filter((run) => run.length > 1)
}

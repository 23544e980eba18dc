import type { IChartApi } from 'lightweight-charts'

/** Left and right move a chart, plus and minus zoom, Home and End go to the ends. True when the key was one of these. */
export function moveChart(chart: IChartApi | undefined, key: string): boolean {
  const scale = chart?.timeScale()
  const range = scale?.getVisibleLogicalRange()
  if (!scale || !range) return false
  const eighth = (range.to - range.from) / 8
  const show = (from: number, to: number) => scale.setVisibleLogicalRange({ from, to })
  switch (key) {
    case 'ArrowLeft': show(range.from - eighth, range.to - eighth); break
    case 'ArrowRight': show(range.from + eighth, range.to + eighth); break
    case '+': show(range.from + eighth, range.to - eighth); break
    case '-': show(range.from - eighth, range.to + eighth); break
    case 'Home': show(0, range.to - range.from); break
    case 'End': scale.scrollToRealTime(); break
    default: return false
  }
  return true
}

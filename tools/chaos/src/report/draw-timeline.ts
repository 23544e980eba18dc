import { describeFault, kinds } from '../plan/fault.ts'
import type { ChaosReport } from './summarise.ts'

const [width, left, right, top, lane, curve] = [1200, 150, 20, 30, 22, 160]

/** The run as a picture: a lane for each kind, each fault from its begin over its end (dark) to recovery (light), and the records stored above. */
export function drawTimeline(report: ChaosReport): string {
  const shown = kinds.filter((kind) => report.faults.some(({ fault }) => fault.kind === kind))
  const end = Math.max(1, report.seconds * 1000)
  const x = (ms: number) => (left + (ms / end) * (width - left - right)).toFixed(1)
  const most = Math.max(1, ...report.progress.map(({ records }) => records))
  const y = (records: number) => (top + curve - (records / most) * (curve - 10)).toFixed(1)
  const laneTop = (at: number) => top + curve + 20 + at * lane
  const height = laneTop(shown.length) + 40
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(left, 18, `StreamForge under faults: seed ${report.seed}, ${report.bus} bus, ${report.faults.length} faults, ${report.records.toLocaleString('en')} records`),
    text(10, top + 16, `${most.toLocaleString('en')} stored`),
    `<polyline fill="none" stroke="#2563eb" stroke-width="1.5" points="${report.progress.map(({ at, records }) => `${x(at)},${y(records)}`).join(' ')}"/>`,
    ...shown.flatMap((kind, at) => [
      text(10, laneTop(at) + 15, kind),
      `<line x1="${left}" x2="${width - right}" y1="${laneTop(at) + lane - 1}" y2="${laneTop(at) + lane - 1}" stroke="#e5e7eb"/>`,
      ...report.faults.filter(({ fault }) => fault.kind === kind).map((outcome) => drawFault(outcome, laneTop(at), x, end)),
    ]),
    ...ticks(end).map((ms) => text(Number(x(ms)) - 8, height - 12, `${Math.round(ms / 1000)} s`)),
    '</svg>', '',
  ].join('\n')
}

function drawFault({ fault, victim, at, over, recovered }: ChaosReport['faults'][number], y: number, x: (ms: number) => string, end: number): string {
  const bar = (from: number, to: number, colour: string) =>
    `<rect x="${x(from)}" y="${y + 3}" width="${Math.max(1.5, Number(x(to)) - Number(x(from))).toFixed(1)}" height="${lane - 8}" fill="${colour}"/>`
  const told = recovered === undefined ? 'not recovered' : `recovered in ${((recovered - over) / 1000).toFixed(1)} s`
  return `<g><title>${escape(`#${fault.index} ${describeFault(fault)}, ${victim}: ${told}`)}</title>`
    + `${bar(over, recovered ?? end, recovered === undefined ? '#dc2626' : '#fcd34d')}${bar(at, over, '#b45309')}</g>`
}

function ticks(end: number): number[] {
  const step = [10_000, 30_000, 60_000, 120_000, 300_000].find((ms) => end / ms <= 12) ?? 600_000
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step)
}

const escape = (words: string) => words.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
const text = (x: number, y: number, words: string) => `<text x="${x}" y="${y}" fill="#111827">${escape(words)}</text>`

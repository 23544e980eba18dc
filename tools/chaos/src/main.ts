// npm run chaos [-- --faults 200] [-- --records 1000000] [-- --bus embedded|kafka] [-- --seed 1] [-- --kinds kill-job,poison] [-- --report FOLDER]
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { kinds, type Kind } from './plan/fault.ts'
import { drawTimeline } from './report/draw-timeline.ts'
import { renderReport } from './report/render-report.ts'
import { hasPassed } from './report/summarise.ts'
import { runChaos } from './run-chaos.ts'

const { values } = parseArgs({ options: {
  faults: { type: 'string', default: '200' }, records: { type: 'string', default: '1000000' }, bus: { type: 'string', default: 'embedded' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) }, kinds: { type: 'string' }, report: { type: 'string', default: '.cache/chaos' },
} })

function refuse(reason: string): never {
  process.stderr.write(`${reason}\n`)
  process.exit(2)
}

function whole(name: 'faults' | 'records' | 'seed', least: number): number {
  const value = Number(values[name])
  return Number.isInteger(value) && value >= least ? value : refuse(`--${name} ${values[name]} is not a whole number from ${least}`)
}

function busNamed(name: string): 'embedded' | 'kafka' {
  return name === 'embedded' || name === 'kafka' ? name : refuse(`--bus ${name} is neither embedded nor kafka`)
}

function kindsNamed(list: string): Kind[] {
  return list.split(',').map((name) => kinds.find((kind) => kind === name) ?? refuse(`--kinds ${name} is none of ${kinds.join(', ')}`))
}

const terminal = process.stderr.isTTY
let drawn = ''
const stopping = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
const report = await runChaos({
  signal: stopping.signal,
  seed: whole('seed', 0), faults: whole('faults', 0), records: whole('records', 1), bus: busNamed(values.bus),
  ...(values.kinds !== undefined && { kinds: kindsNamed(values.kinds) }),
  say: (line) => process.stderr.write(`${terminal ? '\r\x1b[K' : ''}${line}\n${terminal ? drawn : ''}`),
  onProgress: (line) => {
    drawn = line
    if (terminal) process.stderr.write(`\r\x1b[K${line}`)
  },
}).catch((error: unknown) => {
  process.stderr.write(`\n${stopping.signal.aborted ? 'stopped; everything that was started is gone' : String((error as Error).stack)}\n`)
  process.exit(stopping.signal.aborted ? 130 : 1)
})
await mkdir(values.report, { recursive: true })
const name = join(values.report, `chaos-${report.bus}-${report.seed}`)
await writeFile(`${name}.json`, `${JSON.stringify(report, null, 2)}\n`)
await writeFile(`${name}.svg`, drawTimeline(report))
process.stdout.write(`${terminal ? '\n' : ''}${renderReport(report)}\nreport: ${name}.json, timeline: ${name}.svg\n`)
process.exit(hasPassed(report) ? 0 : 1)

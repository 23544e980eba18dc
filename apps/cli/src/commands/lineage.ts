import type { Lineage } from '@streamforge/contracts'
import { connectApi, type ConnectionOptions } from '../connection.ts'
import { print, printJson } from '../output.ts'
import { count } from '../render/format.ts'

/** Where a forecast comes from, step by step back to the venue. */
export async function lineage(options: ConnectionOptions & { workflow?: string; json?: boolean }, id?: string): Promise<number> {
  const api = await connectApi(options)
  const found = await api.lineage(id!, options.workflow === undefined ? {} : { workflow_id: options.workflow })
  if (options.json) printJson(found)
  else print(renderLineage(found).join('\n'))
  return 0
}

const instant = (ms: number) => new Date(ms).toISOString().replace(/(:00)?\.000Z$/, 'Z')
const short = (hash: string) => hash.replace(/^sha256:/, '').slice(0, 12)
const percent = (value: number) => `${(value * 100).toFixed(3)} %`

export function renderLineage({ forecast: f, model, run, graph, features, data, missing }: Lineage): string[] {
  const lines = [
    `forecast   ${f.symbol} ${f.interval} after the bar of ${instant(f.open_time)}: ${percent(f.value)} (${percent(f.low)} to ${percent(f.high)}), ${f.backfilled ? 'made afterwards' : 'live'}, in ${f.collection_name}`,
    `inputs     ${f.inputs.map((i) => `${i.topic} partition ${i.partition} offset ${i.offset}`).join(', ') || 'none noted'}`,
  ]
  if (model) lines.push(`model      ${model.model} version ${model.version}, ${short(model.hash)}, ${model.promotion.promoted ? 'promoted' : 'not promoted'}: ${model.promotion.reason}`)
  if (run) lines.push(`run        ${run.run_id} of ${run.workflow_id}, seed ${run.seed}, ${run.backend}, code ${run.code_version}, ${run.symbols.length} symbols`)
  if (graph) lines.push(`graph      ${graph.version}, ${count(graph.statistics.edges)} relations, bars from ${instant(graph.from)} to ${instant(graph.to)}, ${short(graph.hash)}`)
  for (const set of features) {
    lines.push(`features   for the ${set.used_for.join(' and ')}: ${set.documents.collection_name}, bars from ${instant(set.documents.from)}${set.documents.to === undefined ? '' : ` to ${instant(set.documents.to)}`}${certificate(set)}${topic(set)}`)
  }
  for (const set of data) {
    const { venue, symbol, type, from, to } = set.source
    lines.push(`data       for the ${set.used_for.join(' and ')}: ${venue} ${symbol} ${type} from ${instant(from)}${to === undefined ? '' : ` to ${instant(to)}`}`,
      `           ${set.documents.collection_name}, keys ${set.documents.from_key} to ${set.documents.to_key}${certificate(set)}${topic(set)}`)
  }
  return [...lines, ...missing.map((what) => `missing    ${what}`)]
}

const certificate = ({ certificate: c }: Pick<Lineage['data'][number], 'certificate'>) =>
  (c ? `; ${count(c.rows)} ${c.unit}, ${c.complete ? 'complete' : 'INCOMPLETE'}, ${short(c.checksum)}` : '; no certificate')
const topic = ({ topic: { name, partitions } }: Pick<Lineage['data'][number], 'topic'>) =>
  `; topic ${name} ${partitions.length ? partitions.map((p) => `${p.partition}: ${p.first} to ${p.last}`).join(', ') : 'is gone'}`

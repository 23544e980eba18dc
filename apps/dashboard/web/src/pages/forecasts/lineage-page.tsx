import { useEffect, useState, type ReactNode } from 'react'
import type { Lineage, LineageDataset } from '@streamforge/contracts'
import { getJson } from '../../api.ts'
import { formatCount, formatInstant } from '../../format.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link } from '../../router.tsx'
import { formatReturn } from './forecasts-view.ts'

/** Where one forecast comes from, step by step back to the venue. */
export function LineagePage({ id }: { id: string }) {
  const [lineage, setLineage] = useState<Lineage>()
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    const abort = new AbortController()
    getJson<Lineage>(`/api/lineage/${id}`, abort.signal).then(setLineage, (e: unknown) => { if (!abort.signal.aborted) setError(e) })
    return () => abort.abort()
  }, [id])
  return (
    <>
      <p className="crumbs"><Link href="/forecasts">Forecasts</Link> / <code>{id}</code></p>
      <h1>Where this forecast comes from</h1>
      <ProblemNote error={error} />
      {!lineage && !error && <p className="muted">Reading …</p>}
      {lineage && <Walk lineage={lineage} />}
    </>
  )
}

function Walk({ lineage: { forecast: f, model, run, graph, features, data, missing } }: { lineage: Lineage }) {
  return (
    <>
      {missing.length > 0 && <div className="note note-bad"><p>Not there any more:</p><ul>{missing.map((what) => <li key={what}>{what}</li>)}</ul></div>}
      <ol className="walk">
        <Step title="Forecast">
          <p><Link href={`/forecasts/${f.venue}/${f.symbol}/${f.interval}`}>{f.symbol} {f.interval}</Link>: {formatReturn(f.value)} expected until {formatInstant(f.target_time)}, made {formatInstant(f.known_time)}{f.backfilled && ' from stored data'}</p>
          <p className="muted">read from {f.inputs.length === 0 ? 'rows whose place is not known' : f.inputs.map((i) => `${i.topic} ${i.partition}/${i.offset}`).join(', ')}</p>
        </Step>
        {model && <Step title="Model"><p><Link href={`/models/${model.run_id}`}>{model.model} version {model.version}</Link>, weights <code title={model.hash}>{model.hash.slice(7, 19)}…</code></p></Step>}
        {run && <Step title="Training run"><p><Link href={`/models/${run.run_id}`}>{run.run_id}</Link>, seed {run.seed}, {run.backend}, code {run.code_version}</p></Step>}
        {graph && <Step title="Asset graph"><p><Link href={`/graph/${graph.version}`}>{graph.version}</Link>: {formatCount(graph.statistics.edges)} relations of {formatCount(graph.statistics.vertices)} assets, <code title={graph.hash}>{graph.hash.slice(7, 19)}…</code></p></Step>}
        <Step title="Features">
          <ul>{features.map((one) => (
            <li key={one.queue_id}><Link href={`/workflows/${one.workflow_id}`}>{one.type}</Link> in <code>{one.documents.collection_name}</code>, {formatInstant(one.documents.from)} – {one.documents.to === undefined ? 'on' : formatInstant(one.documents.to)} <span className="muted">for {one.used_for.join(' and ')}</span></li>
          ))}</ul>
        </Step>
        <Step title="Data and its source"><Datasets data={data} /></Step>
      </ol>
    </>
  )
}

const Step = ({ title, children }: { title: string; children: ReactNode }) => <li className="card"><h2>{title}</h2>{children}</li>

function Datasets({ data }: { data: readonly LineageDataset[] }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Data and its source">
      <table>
        <thead><tr><th>Dataset</th><th>Source range</th><th>Collection</th><th>Topic, offsets</th><th>Certificate</th></tr></thead>
        <tbody>
          {data.map((d) => (
            <tr key={`${d.queue_id} ${d.documents.from_key}`}>
              <th scope="row" className="nowrap">{d.source.symbol} <code>{d.source.type}</code><div className="muted">{d.source.venue}</div></th>
              <td className="nowrap">{formatInstant(d.source.from)}<div>{d.source.to === undefined ? 'on, live' : formatInstant(d.source.to)}</div></td><td><code>{d.documents.collection_name}</code></td>
              <td>{d.topic.partitions.length === 0 ? <span className="muted">gone</span> : d.topic.partitions.map((p) => `${p.partition}: ${p.first}–${p.last}`).join(', ')}</td>
              <td className="nowrap">{d.certificate ? <><span className={d.certificate.complete ? 'good' : 'bad'}>{d.certificate.complete ? '✓ complete' : '✕ incomplete'}</span> <code title={d.certificate.checksum}>{d.certificate.checksum.slice(7, 19)}…</code></> : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

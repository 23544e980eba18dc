import { useEffect, useMemo, useRef, useState } from 'react'
import type { GraphAnswer, GraphList, GraphVersion, RelationKind } from '@streamforge/contracts'
import { getJson } from '../../api.ts'
import { formatCount, formatInstant } from '../../format.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link, navigate } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'
import { AssetDetail } from './asset-detail.tsx'
import { filterRelations, kindNames, kinds, windowSeries, type WindowSeries } from './graph-view.ts'
import { NetworkCanvas } from './network-canvas.tsx'
import { WindowFacts } from './window-facts.tsx'

/** New windows come when workflows get that far. */
const rereadMs = 10_000

export function GraphPage({ version: wanted }: { version: string | undefined }) {
  const { data, error } = useReread<GraphList>('/api/graphs?limit=1000', rereadMs)
  const series = useMemo(() => windowSeries(data?.versions ?? []), [data])
  const chosen = series.find((s) => s.versions.some((v) => v.version === wanted)) ?? series[0]
  const version = chosen?.versions.find((v) => v.version === wanted) ?? chosen?.versions.at(-1)
  return (
    <>
      <div className="title-row">
        <h1>Asset graph</h1>
        {chosen && (
          <select className="series-select" aria-label="Graph" value={chosen.queueId} onChange={(event) => show(series.find((s) => s.queueId === event.target.value)?.versions.at(-1))}>
            {series.map((s) => <option key={s.queueId} value={s.queueId}>{nameOf(s)}</option>)}
          </select>
        )}
      </div>
      <ProblemNote error={error} />
      {data === undefined && !error && <p className="muted">Reading …</p>}
      {data?.versions.length === 0 && <p className="empty">No graph has been built yet. <Link href="/workflows">A workflow</Link> with the pipeline “train a forecasting network” builds one.</p>}
      {chosen && version && <Window series={chosen} version={version} />}
    </>
  )
}

const show = (version: GraphVersion | undefined) => { if (version) navigate(`/graph/${version.version}`, { replace: true }) }
const nameOf = ({ versions }: WindowSeries) => { const v = versions.at(-1)!; return `${v.interval} bars · ${v.symbols.length} assets · ${v.workflow_id}` }

function Window({ series: { versions }, version }: { series: WindowSeries; version: GraphVersion }) {
  const { answer, error } = useGraph(version.version)
  const [hidden, setHidden] = useState<ReadonlySet<RelationKind>>(new Set())
  const [minimum, setMinimum] = useState(0)
  const [chosen, setChosen] = useState<string>()
  const place = versions.indexOf(version)
  const present = kinds.filter((kind) => versions.some((v) => v.statistics.kinds[kind]))
  const shown = useMemo(() => filterRelations(answer?.relations ?? [], { kinds: new Set(kinds.filter((kind) => !hidden.has(kind))), minimum }), [answer, hidden, minimum])
  const symbols = answer?.version.symbols ?? []
  const selected = chosen !== undefined && symbols.includes(chosen) ? chosen : undefined
  const toggle = (kind: RelationKind) => setHidden((before) => new Set(before.has(kind) ? [...before].filter((k) => k !== kind) : [...before, kind]))
  const window = `${formatInstant(version.from)} – ${formatInstant(version.to)}`
  return (
    <>
      <section className="panel graph-filters" aria-label="What is shown">
        <div>
          <label htmlFor="graph-window">Window {place + 1} of {versions.length}: {window}</label>
          <input id="graph-window" type="range" min={0} max={versions.length - 1} value={place} disabled={versions.length < 2} aria-valuetext={window} onChange={(event) => show(versions[Number(event.target.value)])} />
        </div>
        <div>
          <label htmlFor="graph-weight">Weight at least {minimum.toFixed(2)}</label>
          <input id="graph-weight" type="range" min={0} max={1} step={0.01} value={minimum} onChange={(event) => setMinimum(Number(event.target.value))} />
        </div>
        <fieldset>
          <legend>Kinds</legend>
          <div className="choices">
            {present.map((kind) => <label key={kind} className="choice"><input type="checkbox" checked={!hidden.has(kind)} onChange={() => toggle(kind)} /><span>{kindNames[kind]}</span></label>)}
          </div>
        </fieldset>
      </section>
      <ProblemNote error={error} />
      <div className="columns">
        <section className="panel" aria-labelledby="network-title">
          <div className="panel-head">
            <h2 id="network-title">{formatCount(shown.length)} of {formatCount(answer?.relations.length ?? 0)} relations</h2>
            <select className="series-select push" aria-label="Asset" value={selected ?? ''} onChange={(event) => setChosen(event.target.value || undefined)}>
              <option value="">choose an asset …</option>{symbols.toSorted().map((symbol) => <option key={symbol}>{symbol}</option>)}
            </select>
          </div>
          {answer && <NetworkCanvas symbols={symbols} relations={answer.relations} shown={shown} chosen={selected} onChoose={setChosen}
            label={`Network of ${symbols.length} assets, ${shown.length} relations shown${selected === undefined ? '' : `, ${selected} chosen`}. Arrow keys choose an asset, plus and minus zoom.`} />}
          <p className="legend">{present.filter((kind) => !hidden.has(kind)).map((kind) => <span key={kind}><i className={`swatch kind-${kind}`} />{kindNames[kind]}</span>)}<span>thicker: stronger</span><span>dashed: negative</span><span>arrow: who follows</span></p>
        </section>
        <div className="graph-side">
          {selected !== undefined && <AssetDetail symbol={selected} venue={version.venue} shown={shown} onChoose={setChosen} />}
          <WindowFacts version={version} />
        </div>
      </div>
    </>
  )
}

/** A window's relations. A version never changes, so each is fetched once; the one before stays until the next is there. */
function useGraph(version: string): { answer: GraphAnswer | undefined; error: unknown } {
  const fetched = useRef(new Map<string, GraphAnswer>())
  const [state, setState] = useState<{ answer?: GraphAnswer; error?: unknown }>({})
  useEffect(() => {
    const known = fetched.current.get(version)
    if (known) {
      setState({ answer: known })
      return undefined
    }
    const abort = new AbortController()
    getJson<GraphAnswer>(`/api/graphs/${version}`, abort.signal).then((answer) => {
      fetched.current.set(version, answer)
      setState({ answer })
    }, (error: unknown) => { if (!abort.signal.aborted) setState((before) => ({ ...before, error })) })
    return () => abort.abort()
  }, [version])
  return { answer: state.answer, error: state.error }
}

import type { GraphVersion } from '@streamforge/contracts'
import { formatCount } from '../../format.ts'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { Link } from '../../router.tsx'
import { kindNames, kinds } from './graph-view.ts'

/** Statistics of one window. */
export function WindowFacts({ version: { version, workflow_id, statistics: s, hash } }: { version: GraphVersion }) {
  const facts: [string, string][] = [['Assets', formatCount(s.vertices)], ['Relations', formatCount(s.edges)], ['Without any', formatCount(s.isolated)], ['Density', formatFigure(s.density)], ['Mean degree', formatFigure(s.mean_degree)]]
  return (
    <section className="panel" aria-labelledby="facts-title">
      <h2 id="facts-title">This window</h2>
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd className="num">{value}</dd></div>)}</dl>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="facts-title">
        <table>
          <thead><tr><th>Kind</th><th className="num">Relations</th><th className="num"><abbr title="mean weight, from the lowest to the highest">Weights</abbr></th></tr></thead>
          <tbody>
            {kinds.flatMap((kind) => (s.kinds[kind] ? [(
              <tr key={kind}>
                <th scope="row"><i className={`swatch kind-${kind}`} />{kindNames[kind]}</th><td className="num">{formatCount(s.kinds[kind].edges)}</td>
                <td className="num">{formatFigure(s.kinds[kind].mean_weight)}<div className="muted">{formatFigure(s.kinds[kind].minimum_weight)} … {formatFigure(s.kinds[kind].maximum_weight)}</div></td>
              </tr>
            )] : []))}
          </tbody>
        </table>
      </div>
      <p className="meta"><code>{version}</code><Link href={`/workflows/${workflow_id}`}>{workflow_id}</Link><code title={hash}>{hash.slice(7, 19)}…</code></p>
    </section>
  )
}

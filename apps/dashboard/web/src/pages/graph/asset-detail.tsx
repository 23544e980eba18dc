import type { AssetRelation } from '@streamforge/contracts'
import { formatFigure } from '../../parts/nice-ticks.ts'
import { Link } from '../../router.tsx'
import { kindNames, neighboursOf, type Neighbour } from './graph-view.ts'

/** One asset: who it is related to, how strongly, and which of the two moves first. */
export function AssetDetail({ symbol, venue, shown, onChoose }: { symbol: string; venue: string; shown: readonly AssetRelation[]; onChoose: (symbol: string | undefined) => void }) {
  const neighbours = neighboursOf(symbol, shown)
  const degree = new Set(neighbours.map((n) => n.symbol)).size
  return (
    <section className="panel" aria-labelledby="asset-title">
      <div className="panel-head">
        <h2 id="asset-title">{symbol}</h2><span className="muted">{degree} neighbours, {neighbours.length} relations</span>
        <span className="push"><Link href={`/market/${venue}/${symbol}`}>Market</Link> <button type="button" className="link" onClick={() => onChoose(undefined)}>Close</button></span>
      </div>
      {neighbours.length === 0 && <p className="empty">No relation of the kinds and weights that are shown.</p>}
      {neighbours.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-labelledby="asset-title">
          <table>
            <thead><tr><th>Neighbour</th><th>Kind</th><th className="num">Weight</th></tr></thead>
            <tbody>
              {neighbours.slice(0, 100).map((n) => (
                <tr key={`${n.relation._key}`}>
                  <th scope="row"><button type="button" className="link" onClick={() => onChoose(n.symbol)}>{n.symbol}</button></th>
                  <td><i className={`swatch kind-${n.relation.kind}`} />{kindNames[n.relation.kind]}{wayOf(n)}</td><td className="num">{formatFigure(n.relation.weight)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

function wayOf({ way, relation: { lag_bars: lag } }: Neighbour): string {
  if (way === 'both') return ''
  return `: ${way === 'leads' ? 'follows it' : 'moves first'}${lag === undefined ? '' : `, ${lag} ${lag === 1 ? 'bar' : 'bars'}`}`
}

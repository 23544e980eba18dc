import type { CoverageCertificate } from '@streamforge/contracts'
import { formatCount, formatInstant } from '../../format.ts'

const causes: Record<string, string> = { exchange: 'the venue has none', not_listed: 'not listed then', unconfirmed: 'not confirmed by the venue', lost: 'lost' }

/** What is proved of every dataset, with its holes. */
export function CertificateTable({ certificates }: { certificates: readonly CoverageCertificate[] }) {
  if (!certificates.length) return null
  return (
    <section aria-labelledby="coverage-title">
      <h2 id="coverage-title">Coverage certificates</h2>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="coverage-title">
        <table>
          <thead>
            <tr><th>Dataset</th><th>Complete</th><th className="num">Expected</th><th className="num">Stored</th><th className="num">Not at source</th><th className="num">Lost</th>
              <th className="num">Doubles refused</th><th>Holes</th><th>SHA-256</th></tr>
          </thead>
          <tbody>{certificates.map((c) => <CertificateRow key={c.queue_id} certificate={c} />)}</tbody>
        </table>
      </div>
    </section>
  )
}

function CertificateRow({ certificate: c }: { certificate: CoverageCertificate }) {
  const hash = c.checksum.slice('sha256:'.length)
  return (
    <tr>
      <th scope="row">{c.symbol} <code>{c.type}</code></th>
      <td className={c.complete ? 'good' : 'bad'}>{c.complete ? '✓ complete' : '✕ incomplete'}</td>
      <td className="num">{formatCount(c.rows_expected)}</td><td className="num">{formatCount(c.rows_stored)}</td>
      <td className="num">{formatCount(c.missing_at_source)}</td><td className={c.lost ? 'num bad' : 'num'}>{formatCount(c.lost)}</td>
      <td className="num">{formatCount(c.duplicates_refused)}</td>
      <td>{c.hole_count === 0 ? 'none' : <Holes certificate={c} />}</td>
      <td><code title={hash}>{hash.slice(0, 12)}…</code></td>
    </tr>
  )
}

function Holes({ certificate: { holes, hole_count: count, unit } }: { certificate: CoverageCertificate }) {
  return (
    <details>
      <summary>{formatCount(count)}</summary>
      <ul className="holes">
        {holes.slice(0, 50).map((hole) => (
          <li key={hole.from}>{formatInstant(hole.from)} – {formatInstant(hole.to)}: {formatCount(hole.missing)} {unit}, {causes[hole.cause]}</li>
        ))}
        {count > 50 && <li className="muted">… and {formatCount(count - 50)} more</li>}
      </ul>
    </details>
  )
}

import type { FeedAnswer } from '@streamforge/contracts'
import { formatCount } from '../../format.ts'
import { formatBytes, recordColumns, recordText } from './feeds-view.ts'

/** What a dry run read, as it would be published, and what it could not read. */
export function DryRunRecords({ result: { feed, run, records, rejected } }: { result: NonNullable<FeedAnswer['dry_run']> }) {
  const columns = recordColumns(records)
  return (
    <>
      <p className="small muted">{run.requests} {run.requests === 1 ? 'request' : 'requests'} to {run.host}, {formatCount(run.duration_ms)} ms, {formatBytes(run.bytes)}; {formatCount(run.records)} records{run.records > records.length && `, the first ${records.length} of them here`}</p>
      {run.error && <p className="reason reason-bad">{run.error.message}</p>}
      {records.length > 0 && (
        <div className="scroll dry-run" tabIndex={0} role="region" aria-label={`Records that ${feed} would publish`}>
          <table className="tight">
            <thead><tr>{columns.map((column) => <th scope="col" key={column}>{column}</th>)}</tr></thead>
            <tbody>{records.map((record, i) => <tr key={i}>{columns.map((column) => <td key={column} className={typeof record[column] === 'number' && !/_(at|time)$/.test(column) ? 'num' : undefined}>{recordText(column, record[column])}</td>)}</tr>)}</tbody>
          </table>
        </div>
      )}
      {rejected.length > 0 && <details><summary>{rejected.length} could not be read</summary><ul className="small">{rejected.map((reason) => <li key={reason}>{reason}</li>)}</ul></details>}
    </>
  )
}

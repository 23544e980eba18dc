import type { FeedState } from '@streamforge/contracts'
import { formatCount, formatInstant } from '../../format.ts'
import { LineChart } from '../../parts/line-chart.tsx'
import { Link } from '../../router.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useReread } from '../../use-reread.ts'
import { FeedChip } from './feed-table.tsx'
import { cameTo, formatBytes, fromNow, isBad, symbolsOf } from './feeds-view.ts'

const second = (ms: number) => formatInstant(Math.floor(ms / 1_000) * 1_000)
const shownSymbols = 12

const rereadMs = 2_000

/** One fetcher: what it is to do, its last runs, and what went wrong of what kind. */
export function FeedDetail({ name, now }: { name: string; now: number }) {
  const { data, error } = useReread<FeedState>(`/api/feed-states/${encodeURIComponent(name)}`, rereadMs)
  return data ? <Detail feed={data} now={now} /> : <ProblemNote error={error} />
}

function Detail({ feed, now }: { feed: FeedState; now: number }) {
  const { entry, totals, recent, last_error: error, clock_skew_ms: skew } = feed
  const symbols = symbolsOf(feed)
  const facts: [string, string][] = [
    ['Every', entry.interval], ['Host', feed.host], ...(symbols.length ? [['Symbols', `${symbols.slice(0, shownSymbols).join(', ')}${symbols.length > shownSymbols ? ` and ${symbols.length - shownSymbols} more` : ''}`] as [string, string]] : []),
    ...(entry.market_hours ? [['Market', `${entry.market_hours.days?.join(' ') ?? ''} ${entry.market_hours.open}–${entry.market_hours.close} ${entry.timezone ?? 'UTC'}`] as [string, string]] : []),
    ['Last success', feed.last_success_at === undefined ? 'never' : fromNow(feed.last_success_at, now)],
    ...(skew === undefined ? [] : [['Its clock', `${skew >= 0 ? '+' : ''}${skew} ms`] as [string, string]]),
    ['Requests', `${formatCount(totals.requests)}, ${formatCount(totals.retries)} again, ${formatCount(totals.not_modified)} not modified`],
    ['Records', `${formatCount(totals.records)} new, ${formatCount(totals.unchanged)} known, ${formatCount(totals.rejected)} not readable`], ['Received', formatBytes(totals.bytes)],
  ]
  const latencies = recent.toReversed().map((run, i) => [i + 1, run.latency_ms] as const)
  return (
    <section className="panel" aria-labelledby="feed-title">
      <div className="panel-head"><h2 id="feed-title">{feed.name}</h2><FeedChip status={feed.status} /><Link className="push" href={`/feeds/feed.yaml/${feed.name}`}>Edit feed.yaml</Link></div>
      {error && <div className="note note-bad"><p><strong>{error.message}</strong> <span className="muted">{error.code}, {fromNow(error.at, now)}</span></p></div>}
      <dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      {Object.keys(totals.faults).length > 0 && <p className="small">Faults: {Object.entries(totals.faults).map(([code, count]) => <span key={code} className="tag tag-bad fault">{code} {formatCount(count)}</span>)}</p>}
      {latencies.length > 1 && <LineChart lines={[{ name: 'slowest request, ms', tone: 1, points: latencies }]} xName="run" height={140} label={`Latency of the last ${latencies.length} runs in milliseconds; the newest ${latencies.at(-1)![1]}`} />}
      <h3 id="runs-title">Last runs</h3>
      {recent.length === 0 && <p className="empty">It has not run yet.</p>}
      {recent.length > 0 && (
        <div className="scroll" tabIndex={0} role="region" aria-labelledby="runs-title">
          <table className="tight">
            <thead><tr><th scope="col">Began (UTC)</th><th scope="col">Why</th><th scope="col">Came to</th><th scope="col" className="num">Took</th><th scope="col" className="num">Requests</th><th scope="col" className="num">New</th><th scope="col" className="num">Bytes</th></tr></thead>
            <tbody>
              {recent.map((run) => (
                <tr key={run.started_at}>
                  <th scope="row" className="nowrap">{second(run.started_at)}</th><td className="nowrap">{run.trigger.replace('_', ' ')}</td>
                  <td className={isBad(run) ? 'bad' : 'nowrap'}>{cameTo(run)}{run.error && <div className="muted">{run.error.message}</div>}{run.refused?.map((reason) => <div key={reason} className="muted">{reason}</div>)}</td>
                  <td className="num">{formatCount(run.duration_ms)} ms</td><td className="num">{run.requests}{run.retries > 0 && `, ${run.retries} again`}</td><td className="num">{formatCount(run.records)}</td><td className="num">{formatBytes(run.bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

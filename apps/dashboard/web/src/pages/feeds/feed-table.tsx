import { useState } from 'react'
import type { FeedSummary } from '@streamforge/contracts'
import { formatCompact, formatCount, formatInstant } from '../../format.ts'
import { Link } from '../../router.tsx'
import { ActionButton } from '../../parts/action-button.tsx'
import { cameTo, findFeeds, formatBytes, fromNow, isBad, stateOf, summary } from './feeds-view.ts'

const pageSize = 100

interface Props { feeds: readonly FeedSummary[]; chosen: string | undefined; now: number; busy: string | undefined; onTell: (command: 'pause' | 'resume' | 'run_now', feed: string) => void }

/** Every fetcher: how it stands, when it ran and runs, how long that took, what it brought, what went wrong. */
export function FeedTable({ feeds, chosen, now, busy, onTell }: Props) {
  const [text, setText] = useState('')
  const [shown, setShown] = useState(pageSize)
  const found = findFeeds(feeds, text)
  return (
    <section className="panel" aria-labelledby="feeds-title">
      <div className="panel-head">
        <h2 id="feeds-title">Fetchers</h2><span className="muted" aria-live="polite">{summary(feeds)}</span>
        <input className="feed-search" type="search" aria-label="Find fetchers" placeholder="name, host, symbol …" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-labelledby="feeds-title">
        <table>
          <thead><tr><th scope="col">Fetcher</th><th scope="col">State</th><th scope="col">Last run</th><th scope="col">Next run</th><th scope="col" className="num">Took</th><th scope="col" className="num">New records</th><th scope="col" className="num">Received</th><th scope="col" className="num">Failed runs</th><th scope="col"><span className="sr-only">Commands</span></th></tr></thead>
          <tbody>{found.slice(0, shown).map((feed) => <FeedRow key={feed.name} feed={feed} chosen={feed.name === chosen} now={now} busy={busy === feed.name} onTell={onTell} />)}</tbody>
        </table>
      </div>
      {found.length === 0 && <p className="empty">No fetcher has these words.</p>}
      {found.length > shown && <button type="button" onClick={() => setShown(shown + 4 * pageSize)}>Show {formatCount(Math.min(found.length - shown, 4 * pageSize))} more</button>}
    </section>
  )
}

export function FeedChip({ status }: Pick<FeedSummary, 'status'>) {
  const { mark, name, about } = stateOf(status)
  return <span className={`chip feed-${status}`} title={about}><span aria-hidden="true">{mark}</span> {name}</span>
}

function FeedRow({ feed, chosen, now, busy, onTell }: { feed: FeedSummary; chosen: boolean; now: number; busy: boolean } & Pick<Props, 'onTell'>) {
  const { name, kind, parser, host, status, paused, last_run: run, next_run_at: next, totals, consecutive_failures: failures, last_error: error } = feed
  return (
    <tr className={chosen ? 'chosen' : undefined}>
      <th scope="row"><Link href={`/feeds/${name}`} aria-current={chosen ? 'true' : undefined}>{name}</Link><div className="muted small">{kind} · {parser} · {host}</div></th>
      <td><FeedChip status={status} /></td>
      <td className="nowrap">{run ? <><span title={formatInstant(Math.floor(run.started_at / 1_000) * 1_000)}>{fromNow(run.started_at, now)}</span><div className={isBad(run) ? 'bad small' : 'muted small'} title={run.refused?.join('; ')}>{cameTo(run)}{run.trigger !== 'schedule' && `, ${run.trigger.replace('_', ' ')}`}</div></> : '–'}</td>
      <td className="nowrap">{status === 'running' ? 'now' : next === undefined ? '–' : fromNow(Math.max(next, now), now)}</td>
      <td className="num">{run ? <>{formatCount(run.duration_ms)} ms<div className="muted">{formatCount(run.latency_ms)} ms a request</div></> : '–'}</td>
      <td className="num">{run ? formatCount(run.records) : '–'}<div className="muted">{formatCompact(totals.records)} in all</div></td>
      <td className="num">{run ? formatBytes(run.bytes) : '–'}<div className="muted">{formatBytes(totals.bytes)} in all</div></td>
      <td className="num">{failures > 0 ? <span className="bad">{failures} in a row</span> : '0'}<div className="muted" title={error?.message}>{formatCount(totals.failures)} of {formatCompact(totals.runs)}</div></td>
      <td>
        {status !== 'removed' && (
          <span className="feed-commands">
            <ActionButton disabled={busy} onClick={() => onTell(paused ? 'resume' : 'pause', name)} aria-label={`${paused ? 'Resume' : 'Pause'} ${name}`}>{paused ? 'Resume' : 'Pause'}</ActionButton>
            <ActionButton disabled={busy} onClick={() => onTell('run_now', name)} aria-label={`Run ${name} now`}>Run now</ActionButton>
          </span>
        )}
      </td>
    </tr>
  )
}

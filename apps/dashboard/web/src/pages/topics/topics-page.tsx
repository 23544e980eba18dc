import type { TopicList, TopicSummary } from '@streamforge/contracts'
import { formatCompact, formatCount, formatDuration } from '../../format.ts'
import { DeadLetters } from './dead-letters.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { TopicDetailPanel } from './topic-detail.tsx'
import { Link } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'

const rereadMs = 3_000

export function TopicsPage({ name }: { name: string | undefined }) {
  const { data, error } = useReread<TopicList>('/api/topics', rereadMs)
  return (
    <>
      <h1>Topics</h1>
      <ProblemNote error={error} />
      <div className="columns columns-topics">
        <div>
          {!data && !error && <p className="muted">Reading …</p>}
          {data?.topics.length === 0 && <p className="empty">No topics yet.</p>}
          {data && data.topics.length > 0 && <TopicTable topics={data.topics} chosen={name} />}
        </div>
        <div className={name && 'detail-first'}>{name && name !== 'dead-letters' ? <TopicDetailPanel key={name} name={name} /> : <DeadLetters />}</div>
      </div>
    </>
  )
}

function TopicTable({ topics, chosen }: { topics: readonly TopicSummary[]; chosen: string | undefined }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Topics">
      <table>
        <thead><tr><th>Topic</th><th className="num">Messages</th><th className="num"><abbr title="Partitions">Parts</abbr></th><th>Kept</th><th>Lag by group</th></tr></thead>
        <tbody>
          {topics.map((topic) => (
            <tr key={topic.name} className={topic.name === chosen ? 'chosen' : undefined}>
              <th scope="row"><Link className="topic-name" href={`/topics/${topic.name}`} aria-current={topic.name === chosen ? 'true' : undefined}>{topic.name}</Link></th>
              <td className="num" title={formatCount(topic.messages)}>{formatCompact(topic.messages)}</td><td className="num">{topic.partitions}</td>
              <td className="nowrap">{topic.retention_ms === undefined ? <span className="muted" title="until the topic is deleted">always</span> : formatDuration(topic.retention_ms / 1_000)}</td>
              <td>{topic.groups.length === 0 ? <span className="muted">no group</span> : topic.groups.map((g) => (
                <div key={g.group} className="nowrap"><span className={Number(g.lag) > 0 ? 'lag' : 'lag lag-none'}>{formatCompact(Number(g.lag))}</span> <span className="muted group-name" title={g.group}>{g.group.split('.', 1)[0]}</span></div>
              ))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

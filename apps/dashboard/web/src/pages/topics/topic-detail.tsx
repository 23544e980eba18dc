import { useState } from 'react'
import type { PeekAnswer, PeekedMessage, TopicDetail } from '@streamforge/contracts'
import { formatCount, formatInstant } from '../../format.ts'
import { Link } from '../../router.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useReread } from '../../use-reread.ts'

const rereadMs = 3_000

/** A topic's partitions, who reads it and how far behind, and its messages. */
export function TopicDetailPanel({ name }: { name: string }) {
  const { data: topic, error } = useReread<TopicDetail>(`/api/topics/${encodeURIComponent(name)}`, rereadMs)
  return (
    <section className="panel" aria-labelledby="topic-title">
      <div className="panel-head"><h2 id="topic-title" className="topic-title">{name}</h2><Link className="push" href="/topics">Close</Link></div>
      <ProblemNote error={error} />
      {topic && (
        <div className="scroll">
          <table className="tight">
            <thead><tr><th>Partition</th><th className="num">Earliest</th><th className="num">Latest</th><th>Group</th><th className="num">Committed</th><th className="num">Lag</th></tr></thead>
            <tbody>
              {topic.partitions.flatMap((p) => {
                const lags = topic.lags.filter((l) => l.partition === p.partition)
                return (lags.length ? lags : [undefined]).map((lag, i) => (
                  <tr key={`${p.partition} ${lag?.group}`}>
                    <td>{i === 0 && p.partition}</td><td className="num">{i === 0 && formatCount(Number(p.earliest))}</td><td className="num">{i === 0 && formatCount(Number(p.latest))}</td>
                    <td className="clip">{lag ? `${lag.group} (${lag.members})` : <span className="muted">none</span>}</td>
                    <td className="num">{lag?.committed !== undefined && formatCount(Number(lag.committed))}</td><td className="num">{lag && formatCount(Number(lag.lag))}</td>
                  </tr>
                ))
              })}
            </tbody>
          </table>
        </div>
      )}
      {topic && <Peek topic={topic} />}
    </section>
  )
}

function Peek({ topic }: { topic: TopicDetail }) {
  const [partition, setPartition] = useState(0)
  const [offset, setOffset] = useState('')
  const query = new URLSearchParams({ partition: String(partition), limit: '25', ...(/^\d+$/.test(offset) && { offset }) })
  const { data, error } = useReread<PeekAnswer>(`/api/topics/${encodeURIComponent(topic.name)}/messages?${query}`, rereadMs)
  return (
    <>
      <div className="peek-form">
        <h3>Messages</h3>
        <label>Partition <select value={partition} onChange={(e) => setPartition(Number(e.target.value))}>{topic.partitions.map((p) => <option key={p.partition}>{p.partition}</option>)}</select></label>
        <label>From offset <input inputMode="numeric" pattern="\d*" placeholder="newest" size={10} value={offset} onChange={(e) => setOffset(e.target.value)} /></label>
      </div>
      <ProblemNote error={error} />
      {data?.messages.length === 0 && <p className="empty">No messages here.</p>}
      <ol className="messages">{data?.messages.toReversed().map((m) => <li key={m.offset}><Message message={m} /></li>)}</ol>
    </>
  )
}

function Message({ message: m }: { message: PeekedMessage }) {
  return (
    <details>
      <summary><span className="num">{formatCount(Number(m.offset))}</span> <span className="muted nowrap">{formatInstant(m.timestamp)}</span> <code className="message-line">{m.value.slice(0, 200)}</code></summary>
      <pre>{pretty(m)}</pre>
      {Object.keys(m.headers).length > 0 && <dl className="headers">{Object.entries(m.headers).map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>}
    </details>
  )
}

function pretty({ value, encoding, truncated }: PeekedMessage): string {
  if (encoding === 'base64') return `${value} (base64)`
  if (truncated) return `${value} …`
  try {
    return JSON.stringify(JSON.parse(value), null, 2)
  } catch {
    return value
  }
}

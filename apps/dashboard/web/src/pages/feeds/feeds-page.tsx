import { useState } from 'react'
import type { FeedsAnswer } from '@streamforge/contracts'
import { formatInstant } from '../../format.ts'
import { useNow } from '../../parts/connection-banner.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link, navigate } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'
import { tellFeeds } from './feed-commands.ts'
import { FeedDetail } from './feed-detail.tsx'
import { FeedTable } from './feed-table.tsx'
import { answerText } from './feeds-view.ts'
import { FileEditor } from './file-editor.tsx'

const rereadMs = 3_000

/** The control panel of feed-fetcher: what it fetches, how that goes, and what it is told. */
export function FeedsPage({ chosen, editing }: { chosen: string | undefined; editing: boolean }) {
  const { data, error, reread } = useReread<FeedsAnswer>('/api/feeds', rereadMs)
  const now = useNow(1_000)
  const [busy, setBusy] = useState<string>()
  const [told, setTold] = useState<{ text: string; refused: boolean }>()
  const [failed, setFailed] = useState<unknown>()
  const tell = async (command: 'pause' | 'resume' | 'run_now', feed: string) => {
    setBusy(feed)
    setFailed(undefined)
    setTold(undefined)
    try {
      const answer = await tellFeeds({ command, feed })
      setTold({ text: answerText(answer, feed), refused: answer.status === 'refused' })
      reread()
    } catch (e) {
      setFailed(e)
    } finally {
      setBusy(undefined)
    }
  }
  const feed = data?.feeds.find(({ name }) => name === chosen)
  const { file } = data ?? {}
  return (
    <>
      <div className="title-row">
        <h1>Feeds</h1>
        {file && <span className="muted">feed.yaml version {file.version}, {file.feeds} fetchers, since {formatInstant(Math.floor(file.applied_at / 1_000) * 1_000)} UTC</span>}
        {!editing && <Link className="push" href="/feeds/feed.yaml">Edit feed.yaml</Link>}
      </div>
      <ProblemNote error={error ?? failed} />
      <div role="status" aria-live="polite">{told && <p className={told.refused ? 'note note-bad' : 'note'}>{told.text}</p>}</div>
      {data === undefined && !error && <p className="muted">Reading …</p>}
      {data && !file && !data.feeds.length && <p className="empty">feed-fetcher has not run here yet. It reads feed.yaml: see docs/FEEDS.md.</p>}
      {file?.refused && (
        <div className="note note-bad" role="alert">
          <p><strong>A newer feed.yaml is not in force</strong> ({file.refused.source === 'file' ? 'from the file' : 'saved here'}, {formatInstant(Math.floor(file.refused.at / 1_000) * 1_000)} UTC); the one before still is:</p>
          <ul>{file.refused.problems.map((problem) => <li key={`${problem.line} ${problem.message}`}>Line {problem.line}: {problem.path && <code>{problem.path}</code>} {problem.message}</li>)}</ul>
        </div>
      )}
      {editing && <FileEditor feed={chosen} onClose={() => navigate(chosen === undefined ? '/feeds' : `/feeds/${chosen}`)} />}
      {data && data.feeds.length > 0 && <FeedTable feeds={data.feeds} chosen={chosen} now={now} busy={busy} onTell={(command, name) => void tell(command, name)} />}
      {feed && <FeedDetail key={feed.name} name={feed.name} now={now} />}
      {data && chosen !== undefined && !feed && !editing && <p className="note">There is no fetcher <code>{chosen}</code>.</p>}
    </>
  )
}

import { useEffect, useRef, useState } from 'react'
import type { FeedAnswer, FeedFileAnswer, FeedProblem } from '@streamforge/contracts'
import { getJson } from '../../api.ts'
import { ActionButton } from '../../parts/action-button.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { tellFeeds } from './feed-commands.ts'
import { answerText, lineRange, namesIn } from './feeds-view.ts'
import { DryRunRecords } from './dry-run-records.tsx'

type Busy = 'dry_run' | 'set_file'

/** feed.yaml: tried out with a dry run that shows what is read, then put in force; what is wrong is said with its line. */
export function FileEditor({ feed, onClose }: { feed: string | undefined; onClose: () => void }) {
  const { text, setText, version, error: unread, reload } = useFile()
  const [tried, setTried] = useState(feed ?? '')
  const [answer, setAnswer] = useState<{ of: FeedAnswer; text: string }>()
  const [busy, setBusy] = useState<Busy>()
  const [error, setError] = useState<unknown>()
  const area = useRef<HTMLTextAreaElement>(null)
  const names = namesIn(text ?? '')
  const name = names.includes(tried) ? tried : names[0]
  const tell = async (kind: Busy) => {
    if (text === undefined || version === undefined) return
    setBusy(kind)
    setError(undefined)
    setAnswer(undefined)
    try {
      const of = await tellFeeds(kind === 'dry_run' ? { command: 'dry_run', text, ...(name !== undefined && { feed: name }) } : { command: 'set_file', text, expected_version: version })
      setAnswer({ of, text })
      if (kind === 'set_file' && of.status === 'done') reload()
    } catch (e) {
      setError(e)
    } finally {
      setBusy(undefined)
    }
  }
  const goTo = ({ line }: FeedProblem) => {
    area.current?.focus()
    area.current?.setSelectionRange(...lineRange(text ?? '', line))
  }
  const isTried = answer?.of.command === 'dry_run' && answer.of.status === 'done' && answer.text === text
  return (
    <section className="panel" aria-labelledby="file-title">
      <div className="panel-head"><h2 id="file-title">feed.yaml</h2>{version !== undefined && <span className="muted">version {version}</span>}<button type="button" className="push" onClick={onClose}>Close</button></div>
      <ProblemNote error={unread} />
      {text !== undefined && (
        <>
          <label htmlFor="file-text" className="sr-only">feed.yaml</label>
          <textarea id="file-text" ref={area} rows={20} spellCheck={false} autoCapitalize="off" value={text} aria-describedby="file-answer" onChange={(event) => setText(event.target.value)} />
          <div className="panel-head">
            <label htmlFor="file-feed">Try</label>
            <select id="file-feed" className="series-select" value={name ?? ''} onChange={(event) => setTried(event.target.value)}>{names.map((n) => <option key={n} value={n}>{n}</option>)}</select>
            <ActionButton disabled={busy !== undefined || name === undefined} onClick={() => void tell('dry_run')}>{busy === 'dry_run' ? 'Fetching …' : 'Dry run'}</ActionButton>
            <ActionButton className="primary" disabled={busy !== undefined} onClick={() => void tell('set_file')}>{busy === 'set_file' ? 'Saving …' : 'Save'}</ActionButton>
            <span className="muted small">{isTried ? 'this text has been tried' : 'a dry run fetches and reads, publishes nothing and remembers nothing'}</span>
          </div>
        </>
      )}
      <div id="file-answer" aria-live="polite">{answer && <Answer of={answer.of} onGoTo={goTo} onReload={reload} />}</div>
      <ProblemNote error={error} />
    </section>
  )
}

function Answer({ of, onGoTo, onReload }: { of: FeedAnswer; onGoTo: (problem: FeedProblem) => void; onReload: () => void }) {
  return (
    <>
      <div className={of.status === 'refused' ? 'note note-bad' : 'note'}>
        <p><strong>{answerText(of, undefined)}</strong>{of.error && <span className="muted"> {of.error.code}</span>}</p>
        {of.error?.code === 'CONFLICT' && <p>Somebody else has saved meanwhile. <button type="button" className="link" onClick={onReload}>Read theirs</button>: what is written here is then gone.</p>}
        {of.problems && of.problems.length > 0 && (
          <ul>{of.problems.map((problem) => <li key={`${problem.line} ${problem.column} ${problem.message}`}><button type="button" className="link" onClick={() => onGoTo(problem)}>Line {problem.line}</button> {problem.path && <code>{problem.path}</code>} {problem.message}</li>)}</ul>
        )}
      </div>
      {of.dry_run && <DryRunRecords result={of.dry_run} />}
    </>
  )
}

/** The text in force, to be changed; read anew on request. A person who has typed keeps what they typed. */
function useFile() {
  const [text, setText] = useState<string>()
  const [version, setVersion] = useState<number>()
  const [error, setError] = useState<unknown>()
  const [reads, setReads] = useState(0)
  useEffect(() => {
    const abort = new AbortController()
    getJson<FeedFileAnswer>('/api/feeds/file', abort.signal).then(({ file }) => {
      setText(file?.text ?? 'feeds: []\n')
      setVersion(file?.version ?? 0)
    }, (e: unknown) => { if (!abort.signal.aborted) setError(e) })
    return () => abort.abort()
  }, [reads])
  return { text, setText, version, error, reload: () => setReads((n) => n + 1) }
}

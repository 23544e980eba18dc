import { useState } from 'react'
import type { DeadLetterList, RedriveRequest } from '@streamforge/contracts'
import { sendJson } from '../../api.ts'
import { formatCount, formatInstant } from '../../format.ts'
import { ActionButton } from '../../parts/action-button.tsx'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useReread } from '../../use-reread.ts'

type Letter = DeadLetterList['letters'][number]
const keyOf = (letter: Letter) => `${letter.partition}/${letter.offset}`

/** Messages that were refused, with the reason; mended here, and put back where they came from. */
export function DeadLetters() {
  const { data, error, reread } = useReread<DeadLetterList>('/api/dead-letters', 5_000)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [mended, setMended] = useState<Readonly<Record<string, string>>>({})
  const [failure, setFailure] = useState<unknown>()
  const [done, setDone] = useState('')
  const letters = data?.letters ?? []
  const selected = letters.filter((l) => chosen.has(keyOf(l)))
  const redrive = async () => {
    setFailure(undefined)
    const body: RedriveRequest = {
      letters: selected.map((letter) => {
        const value = mended[keyOf(letter)]
        return { partition: letter.partition, offset: letter.offset, ...(value !== undefined && value !== letter.value && { value }) }
      }),
    }
    try {
      const answer = await sendJson<{ redriven: number }>('POST', '/api/dead-letters/redrive', body)
      setDone(`${formatCount(answer!.redriven)} put back`)
      setChosen(new Set())
      reread()
    } catch (e) {
      setFailure(e)
    }
  }
  const toggle = (key: string) => setChosen((before) => {
    const next = new Set(before)
    if (!next.delete(key)) next.add(key)
    return next
  })
  return (
    <section className="panel" aria-labelledby="letters-title">
      <div className="panel-head">
        <h2 id="letters-title">Dead letters</h2>
        {data && <span className={data.total ? 'tag tag-bad' : 'tag'}>{formatCount(data.total)}</span>}
        <ActionButton className="primary push" disabled={!selected.length} onClick={() => void redrive()}>Redrive {selected.length || ''}</ActionButton>
      </div>
      <p role="status" className={done ? 'good' : 'sr-only'}>{done}</p>
      <ProblemNote error={failure ?? error} />
      {data && letters.length === 0 && <p className="empty">None: every message was understood.</p>}
      {letters.length > 0 && (
        <label className="choice-all"><input type="checkbox" checked={selected.length === letters.length} onChange={(e) => setChosen(new Set(e.target.checked ? letters.map(keyOf) : []))} /> All that are listed</label>
      )}
      <ul className="letters">
        {letters.map((letter) => {
          const key = keyOf(letter)
          return (
            <li key={key}>
              <input type="checkbox" checked={chosen.has(key)} onChange={() => toggle(key)} aria-label={`Letter ${key} of ${letter.source_topic}`} />
              <details>
                <summary><strong>{letter.reason}</strong> <span className="muted">{letter.source_topic} {letter.source_partition}/{letter.source_offset}, refused by {letter.service}, {formatInstant(Date.parse(letter.time))}</span></summary>
                <label htmlFor={`letter-${key}`}>Value{letter.encoding === 'base64' && ' (base64; text typed here replaces the bytes)'}</label>
                <textarea id={`letter-${key}`} rows={6} spellCheck={false} value={mended[key] ?? letter.value} onChange={(e) => setMended((before) => ({ ...before, [key]: e.target.value }))} />
              </details>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

import { useState } from 'react'
import type { WorkflowRequestInput } from '@streamforge/contracts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { useSettings } from '../../use-settings.ts'

/** Requests that the person has saved by a name: one is put into the form, and what is in the form is saved. */
export function SavedRequests({ request, onLoad }: { request: WorkflowRequestInput | undefined; onLoad: (request: WorkflowRequestInput) => void }) {
  const { settings, ready, error, find, keep, remove } = useSettings('workflow_request')
  const [name, setName] = useState('')
  const [failed, setFailed] = useState<unknown>()
  const wanted = name.trim()
  const change = (work: Promise<void>) => {
    setFailed(undefined)
    void work.catch(setFailed)
  }
  const choose = (chosen: string) => {
    setName(chosen)
    const found = find(chosen)
    if (found) onLoad(found.value)
  }
  return (
    <details className="saved-requests">
      <summary>Saved requests{settings.length > 0 && ` (${settings.length})`}</summary>
      {settings.length > 0 && (
        <>
          <label htmlFor="saved-choice">Load</label>
          <select id="saved-choice" value={find(wanted) ? wanted : ''} onChange={(e) => choose(e.target.value)}>
            <option value="">choose one …</option>
            {settings.map((setting) => <option key={setting.name} value={setting.name}>{setting.name}</option>)}
          </select>
        </>
      )}
      <label htmlFor="saved-name">Save what is in the form as</label>
      <input id="saved-name" maxLength={80} value={name} autoComplete="off" onChange={(e) => setName(e.target.value)} />
      <div className="choices">
        <button type="button" disabled={!ready || !wanted || !request} title={request ? undefined : 'complete the form first'} onClick={() => change(keep(wanted, request))}>
          {find(wanted) ? 'Replace' : 'Save'}
        </button>
        <button type="button" disabled={!find(wanted)} onClick={() => change(remove(wanted))}>Delete</button>
      </div>
      <ProblemNote error={failed ?? error} />
    </details>
  )
}

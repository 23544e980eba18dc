import { ApiProblem } from '../api.ts'

/** What went wrong, and what to do. */
export function ProblemNote({ error }: { error: unknown }) {
  if (!error) return null
  const { detail, remedy, errors, code } = error instanceof ApiProblem ? error.problem : { detail: String(error) } as ApiProblem['problem']
  return (
    <div role="alert" className="note note-bad">
      <p><strong>{detail}</strong>{code && <span className="muted"> {code}</span>}</p>
      {remedy && <p>{remedy}</p>}
      {errors && errors.length > 0 && <ul>{errors.map((e) => <li key={`${e.field} ${e.message}`}><code>{e.field}</code> {e.message}</li>)}</ul>}
    </div>
  )
}

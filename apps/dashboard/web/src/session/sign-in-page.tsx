import { useId, useState, type FormEvent } from 'react'
import type { SessionAnswer } from '@streamforge/contracts'
import { ApiProblem } from '../api.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAttempt } from '../use-attempt.ts'
import { signInByToken } from './use-session.ts'

const problems: Readonly<Record<string, string>> = {
  NOT_ALLOWED: 'You have signed in, but none of your roles is one of StreamForge: viewer, operator or admin.',
  NOT_AUTHENTICATED: 'The sign-in was not confirmed, or took too long.',
  UNAVAILABLE: 'Where people sign in does not answer.',
}

/** What became of the sign-in that led back here. */
const cameBackWith = new URLSearchParams(window.location.search).get('problem')

/** Shown in place of every page to who has not signed in. */
export function SignInPage({ ways }: { ways: SessionAnswer['ways'] }) {
  const here = window.location.pathname
  return (
    <section className="panel sign-in" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">Sign in</h1>
      {cameBackWith !== null && <ProblemNote error={new ApiProblem({ detail: problems[cameBackWith] ?? 'The sign-in failed.', remedy: 'Try again; the log of the dashboard says more.' })} />}
      {ways.includes('issuer') && <p><a className="button primary" href={`/sign-in?to=${encodeURIComponent(here)}`}>Sign in with your account</a></p>}
      {ways.includes('token') && <TokenForm />}
    </section>
  )
}

function TokenForm() {
  const [token, setToken] = useState('')
  const { busy, error, attempt } = useAttempt()
  const id = useId()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    void attempt(() => signInByToken(token.trim()))
  }
  return (
    <form onSubmit={submit}>
      <label htmlFor={id}>With an API token</label>
      <input id={id} type="password" autoComplete="off" spellCheck={false} value={token} placeholder="stf_..." onChange={(event) => setToken(event.target.value)} />
      <p className="hint">An admin makes one with <code>streamforge token create</code>.</p>
      <div className="actions"><button type="submit" className="primary" disabled={busy || !token.trim()}>{busy ? 'Signing in …' : 'Sign in'}</button></div>
      <ProblemNote error={error} />
    </form>
  )
}

import { useEffect, useRef } from 'react'
import { pageList } from './pages/page-list.ts'
import { PageView } from './pages/page-view.tsx'
import { ConnectionBanner, ConnectionDot } from './parts/connection-banner.tsx'
import { PageLinks } from './parts/page-links.tsx'
import { ThemeToggle } from './parts/theme-toggle.tsx'
import { Link, navigate, usePath } from './router.tsx'
import { SignInPage } from './session/sign-in-page.tsx'
import { useSession } from './session/use-session.ts'
import { WhoLooks } from './session/who-looks.tsx'

export function App() {
  const [path = 'workflows', ...rest] = usePath()
  const session = useSession()
  const asked = typeof session === 'object' && !session.caller
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const page = pageList.find((p) => p.path === path)
  const title = page?.title ?? 'Not found'
  useEffect(() => {
    document.title = `${title} · StreamForge`
    // A reader of the screen hears of the new page; at the first one the focus stays where the browser put it.
    if (!first.current) main.current?.focus({ preventScroll: true })
    first.current = false
  }, [title])
  useEffect(() => { if (window.location.pathname === '/' && !asked) navigate('/workflows', { replace: true }) }, [asked])
  return (
    <>
      <a className="skip-link" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus() }}>Skip to the content</a>
      <header className="top">
        <Link className="brand" href="/workflows"><img src="/icon.svg" alt="" width="26" height="26" /><span>StreamForge</span></Link>
        <PageLinks pages={pageList} current={path} />
        <div className="top-end"><WhoLooks /><ConnectionDot /><ThemeToggle /></div>
      </header>
      {!asked && <ConnectionBanner />}
      <main id="main" ref={main} tabIndex={-1}>
        {session === 'asking' ? null : asked ? <SignInPage ways={session.ways} /> : page ? <PageView path={page.path} rest={rest} /> : <p className="empty">There is nothing at this address. <Link href="/workflows">To the workflows</Link></p>}
      </main>
    </>
  )
}

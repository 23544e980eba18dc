import { useEffect, useRef } from 'react'
import { MarketPage } from './pages/market-page.tsx'
import { TopicsPage } from './pages/topics-page.tsx'
import { WorkflowPage } from './pages/workflow-page.tsx'
import { WorkflowsPage } from './pages/workflows-page.tsx'
import { ConnectionBanner, ConnectionDot } from './parts/connection-banner.tsx'
import { ThemeToggle } from './parts/theme-toggle.tsx'
import { Link, navigate, usePath } from './router.tsx'

const pages = [
  { path: 'workflows', title: 'Workflows' }, { path: 'market', title: 'Market' }, { path: 'topics', title: 'Topics' },
] as const

export function App() {
  const [page = 'workflows', ...rest] = usePath()
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const title = pages.find((p) => p.path === page)?.title ?? 'Not found'
  useEffect(() => {
    document.title = `${title} · StreamForge`
    // A reader of the screen hears of the new page; at the first one the focus stays where the browser put it.
    if (!first.current) main.current?.focus({ preventScroll: true })
    first.current = false
  }, [title])
  useEffect(() => { if (window.location.pathname === '/') navigate('/workflows', { replace: true }) }, [])
  return (
    <>
      <a className="skip-link" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus() }}>Skip to the content</a>
      <header className="top">
        <Link className="brand" href="/workflows"><img src="/icon.svg" alt="" width="26" height="26" /><span>StreamForge</span></Link>
        <nav aria-label="Pages">
          {pages.map(({ path, title: name }) => <Link key={path} href={`/${path}`} aria-current={page === path ? 'page' : undefined}>{name}</Link>)}
        </nav>
        <div className="top-end"><ConnectionDot /><ThemeToggle /></div>
      </header>
      <ConnectionBanner />
      <main id="main" ref={main} tabIndex={-1}>
        {page === 'workflows' && (rest[0] ? <WorkflowPage key={rest[0]} id={rest[0]} /> : <WorkflowsPage />)}
        {page === 'market' && <MarketPage venue={rest[0]} symbol={rest[1]} interval={rest[2]} />}
        {page === 'topics' && <TopicsPage name={rest[0]} />}
        {title === 'Not found' && <p className="empty">There is nothing at this address. <Link href="/workflows">To the workflows</Link></p>}
      </main>
    </>
  )
}

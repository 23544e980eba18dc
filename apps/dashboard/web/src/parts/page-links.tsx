import { useEffect, useRef } from 'react'
import type { PageEntry } from '../pages/page-list.ts'
import { Link } from '../router.tsx'

/** The navigation. Where its links do not fit beside each other it scrolls, with the present page's in sight. */
export function PageLinks({ pages, current }: { pages: readonly PageEntry[]; current: string }) {
  const present = useRef<HTMLAnchorElement>(null)
  useEffect(() => {
    const show = () => present.current?.scrollIntoView({ block: 'nearest', inline: 'center' })
    show()
    window.addEventListener('resize', show)
    return () => window.removeEventListener('resize', show)
  }, [current])
  return (
    // Browsers differ in whether a focused link is brought into sight as a whole.
    <nav aria-label="Pages" onFocus={({ target }) => target.scrollIntoView({ block: 'nearest', inline: 'center' })}>
      {pages.map(({ path, title }) => (
        <Link key={path} href={`/${path}`} {...(path === current && { 'ref': present, 'aria-current': 'page' as const })}>{title}</Link>
      ))}
    </nav>
  )
}

import { useSyncExternalStore, type AnchorHTMLAttributes, type MouseEvent } from 'react'

const changed = 'streamforge:navigated'

function listen(notify: () => void): () => void {
  for (const name of ['popstate', changed]) window.addEventListener(name, notify)
  return () => { for (const name of ['popstate', changed]) window.removeEventListener(name, notify) }
}

/** The path of the address bar, as parts. */
export function usePath(): string[] {
  const path = useSyncExternalStore(listen, () => window.location.pathname)
  return path.split('/').filter(Boolean).map(decodeURIComponent)
}

export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) window.history.replaceState(null, '', path)
  else window.history.pushState(null, '', path)
  window.dispatchEvent(new Event(changed))
}

/** A link within the page: a real one, so that it opens in a new tab when asked to. */
export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(href)
  }
  return <a href={href} onClick={follow} {...rest} />
}

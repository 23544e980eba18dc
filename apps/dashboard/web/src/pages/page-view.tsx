import { useEffect, useState } from 'react'
import { loadedPage, loadPage } from './load-page.ts'
import type { PagePath } from './page-list.ts'

const retryMs = 3_000

/** A page, once its code is here. What could not be fetched is tried again: the server may be on its way back. */
export function PageView({ path, rest }: { path: PagePath; rest: readonly string[] }) {
  const [failed, setFailed] = useState<PagePath>()
  const [, setShown] = useState<PagePath>()
  const Page = loadedPage(path)
  useEffect(() => {
    if (loadedPage(path)) return undefined
    let over = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = () => {
      loadPage(path).then(() => { if (!over) setShown(path) }, () => {
        if (over) return
        setFailed(path)
        timer = setTimeout(load, retryMs)
      })
    }
    load()
    return () => {
      over = true
      clearTimeout(timer)
    }
  }, [path])
  if (Page) return <Page rest={rest} />
  if (failed !== path) return <p className="muted">Reading …</p>
  return (
    <div role="alert" className="note note-bad">
      <p>This page’s code could not be fetched: the server does not answer, or it has been renewed since this page was opened.</p>
      <p><button type="button" onClick={() => window.location.reload()}>Load the dashboard anew</button></p>
    </div>
  )
}

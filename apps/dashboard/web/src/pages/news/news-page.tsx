import { useMemo } from 'react'
import type { NewsAnswer } from '@streamforge/contracts'
import { formatCount } from '../../format.ts'
import { ProblemNote } from '../../parts/problem-note.tsx'
import { Link, navigate } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'
import { ArticleList } from './article-list.tsx'
import { DailyBars } from './daily-bars.tsx'
import { daysBySymbol, formatScore, symbolName } from './news-view.ts'

const days = 15
const rereadMs = 10_000
/** Symbols whose days are drawn where none is chosen. */
const drawnSymbols = 8

/** News of the last days: what was published, what it says of whom by whose judgement, and each symbol day by day. */
export function NewsPage({ symbol }: { symbol: string | undefined }) {
  const query = new URLSearchParams({ days: String(days), ...(symbol !== undefined && { symbol }) })
  const { data, error } = useReread<NewsAnswer>(`/api/news?${query}`, rereadMs)
  const series = useMemo(() => (data ? daysBySymbol(data) : []), [data])
  const offered = [...new Set([...(data?.symbols ?? []), ...(symbol === undefined ? [] : [symbol])])].sort()
  return (
    <>
      <div className="title-row">
        <h1>News</h1>
        <select className="series-select" aria-label="Symbol" value={symbol ?? ''} onChange={(event) => navigate(event.target.value ? `/news/${event.target.value}` : '/news')}>
          <option value="">all symbols</option>{offered.map((s) => <option key={s} value={s}>{symbolName(s)}</option>)}
        </select>
        <span className="muted">the last {days} days, UTC</span>
      </div>
      <ProblemNote error={error} />
      {data === undefined && !error && <p className="muted">Reading …</p>}
      {data?.articles.length === 0 && <p className="empty">{symbol === undefined ? <>No news came in these days. <Link href="/feeds">Feeds</Link> bring them.</> : `Nothing was published about ${symbolName(symbol)} in these days.`}</p>}
      {data && data.articles.length > 0 && (
        <div className="news">
          <section className="panel" aria-labelledby="articles-title">
            <div className="panel-head"><h2 id="articles-title">Articles and posts</h2><span className="muted">{data.more ? `the newest ${formatCount(data.articles.length)}` : formatCount(data.articles.length)}</span></div>
            <ArticleList articles={data.articles} />
          </section>
          <section className="panel" aria-labelledby="daily-title">
            <h2 id="daily-title">Sentiment by day</h2>
            {series.length === 0 && <p className="empty">Nothing has been judged yet.</p>}
            {series.slice(0, drawnSymbols).map((of) => (
              <div key={of.symbol}>
                <p className="panel-head"><Link href={`/news/${of.symbol}`}><strong>{symbolName(of.symbol)}</strong></Link><span className="push muted"><span className="num">{formatCount(of.articles)}</span> judged, mean <span className="num">{formatScore(of.mean)}</span></span></p>
                <DailyBars of={of} />
              </div>
            ))}
            {series.length > drawnSymbols && <p className="muted small">{series.length - drawnSymbols} more symbols: choose one above.</p>}
            <p className="legend"><span>up: good, down: bad; the broader, the more was said</span></p>
          </section>
        </div>
      )}
    </>
  )
}

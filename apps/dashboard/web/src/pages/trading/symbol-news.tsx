import { useMemo } from 'react'
import type { NewsAnswer } from '@streamforge/contracts'
import { Link } from '../../router.tsx'
import { useReread } from '../../use-reread.ts'
import { ArticleList } from '../news/article-list.tsx'
import { DailyBars } from '../news/daily-bars.tsx'
import { daysBySymbol } from '../news/news-view.ts'

const shownArticles = 12
const rereadMs = 15_000

/** What was said of a symbol in the last 15 days, beside what was traded. */
export function SymbolNews({ symbol }: { symbol: string }) {
  const { data } = useReread<NewsAnswer>(`/api/news?${new URLSearchParams({ symbol, limit: String(shownArticles) })}`, rereadMs)
  const [series] = useMemo(() => (data ? daysBySymbol(data) : []), [data])
  return (
    <section className="panel" aria-labelledby="symbol-news-title">
      <div className="panel-head"><h2 id="symbol-news-title">News of {symbol}</h2><Link className="push" href={`/news/${symbol}`}>All</Link></div>
      {series && <DailyBars of={series} />}
      {data?.articles.length === 0 && <p className="empty">None in the last 15 days.</p>}
      {data && data.articles.length > 0 && <ArticleList articles={data.articles} compact />}
    </section>
  )
}

import type { ScoredArticle } from '@streamforge/contracts'
import { formatClock } from '../../format.ts'
import { Link } from '../../router.tsx'
import { byDay, formatScore, scorerName, sentimentMark } from './news-view.ts'

/** Articles under the day they were published on, each with what it says of whom and who judged so. */
export function ArticleList({ articles, compact = false }: { articles: readonly ScoredArticle[]; compact?: boolean }) {
  return (
    <div className="articles">
      {byDay(articles).map(([day, of]) => (
        <section key={day} aria-label={`News of ${day}`}>
          <h3 className="day">{day}</h3>
          <ul>{of.map((one) => <Article key={one.article.article_id} of={one} compact={compact} />)}</ul>
        </section>
      ))}
    </div>
  )
}

function Article({ of: { article, sentiments }, compact }: { of: ScoredArticle; compact: boolean }) {
  const { title, summary, url, publisher, feed, published_at: at } = article
  return (
    <li className="article">
      <p className="article-title">{url === undefined ? title : <a href={url} target="_blank" rel="noopener noreferrer">{title}</a>}</p>
      {!compact && summary !== undefined && summary !== title && <p className="article-summary">{summary}</p>}
      <p className="meta">
        <span className="num">{formatClock(at).slice(0, 5)}</span><span>{publisher ?? feed}</span>
        {sentiments.length === 0 && <span>not judged yet</span>}
        {sentiments.map((sentiment) => {
          const { mark, tone } = sentimentMark(sentiment)
          return (
            <span key={sentiment.symbol}>
              {!compact && <><Link href={`/news/${sentiment.symbol}`}>{sentiment.symbol}</Link> </>}
              <strong className={`nowrap ${tone}`}><span aria-hidden="true">{mark}</span> {sentiment.label} <span className="num">{formatScore(sentiment.score)}</span></strong> <span title={`${sentiment.scorer} ${sentiment.scorer_version}`}>by {scorerName(sentiment)}</span>
            </span>
          )
        })}
      </p>
    </li>
  )
}

import type { DailySentiment, NewsAnswer, NewsSentiment, ScoredArticle } from '@streamforge/contracts'

const dayMs = 86_400_000
export const symbolName = (symbol: string) => (symbol === 'MARKET' ? 'the market as a whole' : symbol)

/** A day of the picture: what was said then, if anything. */
export interface Day { date: string; of: DailySentiment | undefined }
export interface SymbolDays { symbol: string; days: Day[]; articles: number; mean: number }

/** Every symbol with all days of the range, those of which most was said first. */
export function daysBySymbol({ daily, from, to }: Pick<NewsAnswer, 'daily' | 'from' | 'to'>): SymbolDays[] {
  const dates = Array.from({ length: Math.round((to - from) / dayMs) }, (_, i) => new Date(from + i * dayMs).toISOString().slice(0, 10))
  return [...Map.groupBy(daily, ({ symbol }) => symbol)].map(([symbol, of]) => {
    const byDate = new Map(of.map((day) => [day.day, day]))
    const articles = of.reduce((sum, day) => sum + day.articles, 0)
    return { symbol, days: dates.map((date) => ({ date, of: byDate.get(date) })), articles, mean: of.reduce((sum, day) => sum + day.mean * day.articles, 0) / articles }
  }).sort((a, b) => b.articles - a.articles || (a.symbol < b.symbol ? -1 : 1))
}

const marks = { negative: '▼', neutral: '●', positive: '▲' } as const
const tones = { negative: 'down', neutral: 'muted', positive: 'up' } as const
export const sentimentMark = ({ label }: Pick<NewsSentiment, 'label'>) => ({ mark: marks[label], tone: tones[label] })

export const formatScore = (score: number) => `${score > 0 ? '+' : score < 0 ? '−' : ''}${Math.abs(score).toFixed(2)}`
/** Who judged, in short: what its version was made of stands behind a plus. */
export const scorerName = ({ scorer, scorer_version: version }: Pick<NewsSentiment, 'scorer' | 'scorer_version'>) => `${scorer} ${version.split('+', 1)[0]!.slice(0, 24)}`

/** Articles by the day (UTC) they were published on, in the order given. */
export const byDay = (articles: readonly ScoredArticle[]): [day: string, articles: ScoredArticle[]][] =>
  [...Map.groupBy(articles, ({ article }) => new Date(article.published_at).toISOString().slice(0, 10))]

/** In words, for who does not see the bars. */
export function daysLabel({ symbol, days, articles, mean }: SymbolDays): string {
  const told = days.filter(({ of }) => of !== undefined)
  const last = told.at(-1)
  return `Sentiment of ${symbolName(symbol)}, day by day: ${articles} judgements on ${told.length} of ${days.length} days, mean ${formatScore(mean)}${last?.of ? `; ${last.date}: ${formatScore(last.of.mean)} of ${last.of.articles}` : ''}`
}

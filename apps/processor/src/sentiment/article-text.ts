import { marketSymbol, type NewsArticle } from '@streamforge/contracts'

/** What is judged of an article: its title, and what its feed has of the text beside. */
export function textOf({ title, summary }: Pick<NewsArticle, 'title' | 'summary'>): string {
  if (summary === undefined || title.startsWith(summary)) return title
  return summary.startsWith(title) ? summary : `${title}.\n${summary}`
}

/** Each symbol that it is about, once; the market as a whole where it names none. */
export const symbolsOf = ({ symbols }: Pick<NewsArticle, 'symbols'>): readonly string[] => (symbols.length > 0 ? [...new Set(symbols)] : [marketSymbol])

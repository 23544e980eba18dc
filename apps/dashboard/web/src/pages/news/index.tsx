import type { PageProps } from '../load-page.ts'
import { NewsPage } from './news-page.tsx'
import './news.css'

/** /news and /news/{symbol} */
export default function News({ rest: [symbol] }: PageProps) {
  return <NewsPage symbol={symbol} />
}

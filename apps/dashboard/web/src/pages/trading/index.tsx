import type { PageProps } from '../load-page.ts'
import { TradingPage } from './trading-page.tsx'
import '../market/market.css'
import '../models/models.css'
import '../news/news.css'
import './trading.css'

/** /trading and /trading/{backtest} */
export default function Trading({ rest: [key] }: PageProps) {
  return <TradingPage chosen={key} />
}

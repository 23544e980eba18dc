import type { PageProps } from '../load-page.ts'
import { MarketPage } from './market-page.tsx'
import './market.css'

/** /market, /market/{venue}/{symbol} and /market/{venue}/{symbol}/{interval} */
export default function Market({ rest: [venue, symbol, interval] }: PageProps) {
  return <MarketPage venue={venue} symbol={symbol} interval={interval} />
}

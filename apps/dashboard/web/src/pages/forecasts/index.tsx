import type { PageProps } from '../load-page.ts'
import { ForecastsPage } from './forecasts-page.tsx'
import { LineagePage } from './lineage-page.tsx'
import '../market/market.css'
import './forecasts.css'

/** /forecasts, /forecasts/{venue}/{symbol}/{interval} and /forecasts/lineage/{key} */
export default function Forecasts({ rest: [first, second, third] }: PageProps) {
  return first === 'lineage' && second ? <LineagePage key={second} id={second} /> : <ForecastsPage chosen={{ venue: first, symbol: second, interval: third }} />
}

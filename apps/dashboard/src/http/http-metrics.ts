import { refusalMetrics, type HttpBudgets } from '@streamforge/guards'
import { Counter, Gauge, type Registry } from 'prom-client'

/** What pages and the API behind them refuse; `budgets` is asked at scrape time. */
export function httpMetrics(registry: Registry, budgets: HttpBudgets) {
  const registers = [registry]
  new Gauge({ ...refusalMetrics.budgets, registers, collect() { for (const [budget, used] of budgets()) this.set({ budget }, used) } })
  return { refusals: new Counter({ ...refusalMetrics.refusals, registers }) }
}

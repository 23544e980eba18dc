import { syntheticMarket, type Market } from '@streamforge/market'
import type { Fault } from './faults.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from './start-simulator.ts'

export const day = 86_400_000
export const fiveMinutes = 300_000

/** A simulator over four synthetic days, with a clock that stands still until it is moved. For tests. */
export interface Scenario {
  readonly simulator: Simulator
  readonly market: Market
  readonly from: number
  readonly to: number
  readonly clock: { time: number }
  get(path: string): Promise<Response>
  json(path: string): Promise<unknown>
  klines(query: string): Promise<KlineRow[]>
  faults(...faults: (Pick<Fault, 'kind'> & Record<string, unknown>)[]): Promise<Response>
}
export type KlineRow = [number, string, string, string, string, string, number, string, number, string, string, string]

export async function openScenario(options: Partial<SimulatorOptions> & { from?: number } = {}): Promise<Scenario> {
  const from = options.from ?? Date.UTC(2024, 11, 30)
  const market = options.market ?? syntheticMarket({ seed: 5, symbols: ['BTCUSDT', 'ETHUSDT'], from, to: from + 4 * day })
  const clock = { time: market.end }
  const simulator = await startSimulator({ weightLimit: 0, ...options, market, now: () => clock.time })
  const get = (path: string) => fetch(simulator.url + path)
  const json = async (path: string): Promise<unknown> => (await get(path)).json()
  return {
    simulator, market, from, to: market.end, clock, get, json,
    klines: (query) => json(`/api/v3/klines?symbol=BTCUSDT&interval=5m&${query}`) as Promise<KlineRow[]>,
    faults: (...faults) => fetch(`${simulator.url}/_simulator/faults`, { method: 'POST', body: JSON.stringify(faults) }),
  }
}

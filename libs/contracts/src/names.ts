import { z } from 'zod'

/** A venue's name in the registry of libs/market, such as `binance`. */
export const Venue = z.string().regex(/^[a-z][a-z0-9_]{1,31}$/).describe('Venue name, such as binance')
/** An instrument as its venue's API spells it without separators, such as BTCUSDT; some stocks have one letter. */
export const Symbol = z.string().regex(/^[A-Z0-9]{1,24}$/).describe('Instrument in upper case without separators, such as BTCUSDT')
export const WorkflowId = z.string().regex(/^wf-[0-9a-f]{6}$/).describe('Workflow id, such as wf-a1b2c3')
/** Lower case but for the M of months, which would else be minutes. */
export const QueueId = z.string().regex(/^[a-z0-9][a-z0-9_.M-]{2,120}$/)
export const TopicName = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/)
export const CollectionName = z.string().regex(/^[a-z][a-z0-9_-]{0,200}$/)
/** Decimal digits only: JSON numbers lose precision past 2^53. Offsets and 64-bit ids travel as such strings. */
export const Offset = z.string().regex(/^\d{1,20}$/)

const compactDate = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** `wf-btcusdt-api_candles_5m-20240801-a1b2c3` */
export function queueId(parts: { workflowId: string; symbol: string; type: string; from: number }): string {
  const suffix = parts.workflowId.slice('wf-'.length)
  return `wf-${parts.symbol.toLowerCase()}-${parts.type}-${compactDate(parts.from).replaceAll('-', '')}-${suffix}`
}

/** `wf-...-a1b2c3-data` */
export const dataTopic = (queue: string) => `${queue}-data`

/** `btcusdt_api_candles_5m_2024_08_01`; for a venue other than Binance its name comes first. */
export function collectionName(parts: { venue: string; symbol: string; type: string; from: number }): string {
  const name = `${parts.symbol.toLowerCase()}_${parts.type}_${compactDate(parts.from).replaceAll('-', '_')}`
  return (parts.venue === 'binance' && /^[a-z]/.test(name) ? name : `${parts.venue}_${name}`).toLowerCase()
}

/** `loader-producer__a1b2c3` */
export const telemetryId = (target: string, workflowId: string) => `${target}__${workflowId.slice('wf-'.length)}`

/** The target part of a telemetry id: `loader-producer` of `loader-producer__a1b2c3`. */
export const targetOf = (producer: string) => producer.split('__', 1)[0]!

import { z } from 'zod'

const Live = z.object({
  now: z.number(),
  streams: z.record(z.string(), z.number()),
  symbols: z.record(z.string(), z.object({ last_trade_id: z.number(), update_id: z.number() })),
})
/** What the exchange says that it has told. */
export type ExchangeTruth = z.infer<typeof Live>

/** What was told so far: frames by symbol and channel. */
export async function readTruth(simulator: string): Promise<ExchangeTruth> {
  return Live.parse(await (await fetch(`${simulator}/_simulator/live`)).json())
}

/** The venue's clock stands still from here on: what it has told so far is all there will be. */
export async function pauseExchange(simulator: string): Promise<ExchangeTruth> {
  const response = await fetch(`${simulator}/_simulator/live`, { method: 'POST', body: JSON.stringify({ paused: true }) })
  return Live.parse(await response.json())
}

export const toldInAll = ({ streams }: ExchangeTruth): number => Object.values(streams).reduce((sum, told) => sum + told, 0)

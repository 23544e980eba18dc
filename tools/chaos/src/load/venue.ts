import { z } from 'zod'

const ExchangeInfo = z.object({ symbols: z.array(z.object({ symbol: z.string() })) })
const ServerTime = z.object({ serverTime: z.number() })

/** What there is to be loaded. */
export async function readVenue(simulator: string): Promise<{ symbols: string[]; to: number }> {
  const ask = async (path: string): Promise<unknown> => (await fetch(`${simulator}/api/v3/${path}`)).json()
  const { symbols } = ExchangeInfo.parse(await ask('exchangeInfo'))
  const { serverTime } = ServerTime.parse(await ask('time'))
  return { symbols: symbols.map(({ symbol }) => symbol), to: Math.floor(serverTime / 86_400_000) * 86_400_000 }
}

/** Holds every answer of the venue back for so long; 0 lets them go. */
export async function slowVenue(simulator: string, ms: number): Promise<void> {
  const call = async (method: string, body?: unknown) => {
    const answer = await fetch(`${simulator}/_simulator/faults`, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
    if (!answer.ok) throw new Error(`the simulator refused: ${await answer.text()}`)
  }
  await call('DELETE')
  if (ms > 0) await call('POST', [{ kind: 'slow', delay_ms: ms, path: '/api/v3' }])
}

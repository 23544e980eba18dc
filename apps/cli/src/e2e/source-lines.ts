import { canonicalCandle, canonicalTrade, type CoverageCertificate } from '@streamforge/contracts'

type KlineRow = [number, string, string, string, string, string, ...unknown[]]
interface AggregateTrade { a: number; p: string; q: string; T: number; m: boolean }

/** What the exchange holds of a certificate's range, asked over its REST interface without any of the loader's code. */
export async function exchangeLines(exchangeUrl: string, certificate: CoverageCertificate): Promise<string[]> {
  return certificate.unit === 'candles' ? candleLines(exchangeUrl, certificate) : tradeLines(exchangeUrl, certificate)
}

async function ask<T>(exchangeUrl: string, path: string, query: Record<string, string | number>): Promise<T> {
  const response = await fetch(new URL(`${path}?${new URLSearchParams(Object.entries(query).map(([k, v]): [string, string] => [k, String(v)]))}`, exchangeUrl))
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return await response.json() as T
}

async function candleLines(exchangeUrl: string, { symbol, type, from, to }: CoverageCertificate): Promise<string[]> {
  const interval = type.slice('api_candles_'.length)
  const lines: string[] = []
  for (let start = from; start < to;) {
    const rows = await ask<KlineRow[]>(exchangeUrl, '/api/v3/klines', { symbol, interval, startTime: start, endTime: to - 1, limit: 1000 })
    if (!rows.length) break
    lines.push(...rows.map(([open_time, o, h, l, c, v]) => canonicalCandle(
      { open_time, open: Number(o), high: Number(h), low: Number(l), close: Number(c), volume: Number(v) })))
    start = rows.at(-1)![0] + 1
  }
  return lines
}

async function tradeLines(exchangeUrl: string, { symbol, from, to }: CoverageCertificate): Promise<string[]> {
  const lines: string[] = []
  let page = await ask<AggregateTrade[]>(exchangeUrl, '/api/v3/aggTrades', { symbol, startTime: from, endTime: Math.min(to, from + 3_600_000) - 1, limit: 1000 })
  while (page.length) {
    for (const t of page) {
      if (t.T >= to) return lines
      lines.push(canonicalTrade({ trade_id: t.a, event_time: t.T, price: Number(t.p), quantity: Number(t.q), buyer_maker: t.m }))
    }
    page = await ask<AggregateTrade[]>(exchangeUrl, '/api/v3/aggTrades', { symbol, fromId: page.at(-1)!.a + 1, limit: 1000 })
  }
  return lines
}

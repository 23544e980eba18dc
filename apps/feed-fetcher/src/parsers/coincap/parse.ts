import { StreamForgeError } from '@streamforge/contracts'
import { z } from 'zod'
import type { ParseContext, Parsed, Parser, QuoteFacts } from '../parser.ts'
import { Amount, readJson, readShape } from '../read-json.ts'

const Asset = z.looseObject({ id: z.string(), symbol: z.string(), name: z.string().nullish(), priceUsd: Amount, changePercent24Hr: Amount, volumeUsd24Hr: Amount })
const Answer = z.looseObject({ data: z.union([z.array(z.unknown()), z.looseObject({ id: z.string() })]).optional(), timestamp: Amount, error: z.string().optional() })

function parse(text: string, { asked }: ParseContext): Parsed {
  const { data, timestamp, error } = readShape(Answer, readJson(text))
  if (error !== undefined) throw new StreamForgeError('FEED_REJECTED', `CoinCap: ${error.slice(0, 200)}`)
  const rejected: string[] = []
  const facts = (Array.isArray(data) ? data : data === undefined ? [] : [data]).flatMap((item): QuoteFacts[] => {
    const asset = readShape(Asset, item)
    if (asset.priceUsd === undefined) {
      rejected.push(`${asset.id}: no price`)
      return []
    }
    const price = asset.priceUsd
    return [{
      type: 'quote', symbol: asked.includes(asset.id) ? asset.id : asset.symbol, name: asset.name ?? undefined, currency: 'USD', price, time: timestamp,
      percent_change: asset.changePercent24Hr,
      // Volume comes in dollars.
      volume: asset.volumeUsd24Hr === undefined || price === 0 ? undefined : asset.volumeUsd24Hr / price,
    }]
  })
  return { facts, rejected }
}

/** CoinCap's `/assets?ids={symbols}` and `/assets/{symbol}`; its ids (`bitcoin`) are what `as` names. */
export const coincap: Parser = { name: 'coincap', kinds: ['crypto'], accepts: 'json', hosts: /(^|\.)coincap\.io$/, parse }

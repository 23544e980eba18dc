import { Interval, StreamForgeError } from '@streamforge/contracts'
import { binanceSpotSymbols, type Load } from './load.ts'

const days = { day: 1, week: 7, month: 30, year: 365 } as const

/** Each rule reads one kind of phrase; the first that fits is taken. */
const rules: readonly { form: RegExp; apply: (load: Load, found: RegExpMatchArray) => void }[] = [
  { form: /^all(?: of)?(?: binance(?: spot)?)?(?: symbols)?$/, apply: (load) => { load.symbols = binanceSpotSymbols } },
  { form: /^([\d,_]+) (?:symbols?|pairs?|assets?)(?: (?:of|on) binance(?: spot)?)?$/, apply: (load, [, count]) => { load.symbols = Number(count!.replaceAll(/[,_]/g, '')) } },
  { form: /^(?:live )?trades$/, apply: (load) => { load.live.trades = true } },
  { form: /^(?:live )?(?:order )?books?$|^depth$/, apply: (load) => { load.live.books = true } },
  { form: /^(?:live )?((?:\d+[mhdw] ?)+)candles$/, apply: (load, [, list]) => { load.live.candles = [...load.live.candles, ...intervals(list!)] } },
  { form: /^(?:a|one|(\d+)) (day|week|month|year)s? of (trades|((?:\d+[mhdw] ?)+)candles)$/, apply: readHistory },
  { form: /^kept (?:for )?(?:a|one|(\d+)) (day|week|month|year)s?$/, apply: (load, [, count, unit]) => { load.keepDays = Number(count ?? 1) * days[unit as keyof typeof days] } },
  { form: /^topics kept (?:for )?(?:an|one|(\d+)) hours?$/, apply: (load, [, hours]) => { load.topicHours = Number(hours ?? 1) } },
]

function readHistory(load: Load, [, count, unit, what, list]: RegExpMatchArray): void {
  const span = Number(count ?? 1) * days[unit as keyof typeof days]
  const before = load.history ?? { days: span, trades: false, candles: [] }
  load.history = {
    days: Math.max(before.days, span), trades: before.trades || what === 'trades', candles: list === undefined ? before.candles : [...before.candles, ...intervals(list)],
  }
}

function intervals(list: string): Interval[] {
  return list.trim().split(' ').map((each) => {
    const { data } = Interval.safeParse(each)
    if (data === undefined) throw notUnderstood(`'${each}' is no interval of candles`)
    return data
  })
}

const examples = `'all of Binance spot, trades and books', '200 symbols, 1m 5m candles, trades, a year of 1m candles, kept 90 days'`

/**
 * A load from words: phrases with commas, colons, semicolons or 'and' between. How many symbols, what of them live, what of their past, how long it is kept.
 * @throws StreamForgeError INVALID_FIELD naming the phrase that is not understood, or what is missing
 */
export function parseLoad(words: string): Load {
  const load: Load = { symbols: 0, live: { trades: false, books: false, candles: [] }, keepDays: 365, topicHours: 6 }
  const phrases = words.toLowerCase().replaceAll(/(\d),(\d)/g, '$1_$2').split(/[,;:]| and /).map((phrase) => phrase.trim()).filter(Boolean)
  for (const phrase of phrases) {
    const rule = rules.find(({ form }) => form.test(phrase))
    if (!rule) throw notUnderstood(`'${phrase}' is not understood`)
    rule.apply(load, phrase.match(rule.form)!)
  }
  const { live, history } = load
  if (!(load.symbols >= 1 && load.symbols <= 100_000)) throw notUnderstood('how many symbols is missing, from 1 to 100,000')
  if (!live.trades && !live.books && !live.candles.length && !history) throw notUnderstood('what of them is missing: trades, books, candles or history')
  return load
}

const notUnderstood = (message: string) =>
  new StreamForgeError('INVALID_FIELD', `${message} in the load`, { remedy: `say it like ${examples}` })

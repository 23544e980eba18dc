import {
  barGrid, calendarOf, featureSets, nextOpenTime, tradingDaysBefore, type BarGrid, type BookTicker, type Candle, type FeatureRow, type Interval, type Trade,
} from '@streamforge/contracts'
import {
  addTrade, barOf, closedThrough, emptyQuote, emptyTrades, setQuote, takeBar, type ArticleSentiment, type StreamState,
} from './bar-inputs.ts'
import { barActivity, quoteValues } from './bar-values.ts'
import { nextOfHistory, startBarHistory } from './bar-history.ts'
import { calendarTerms } from './calendar-terms.ts'
import { featureSet, startFeatures, type FeatureState, type PendingCandle } from './feature-state.ts'

export type FeatureInput = Candle | Trade | BookTicker | ArticleSentiment

export interface FeatureOptions {
  venue: string
  symbol: string
  interval: Interval
  /** Open times of the bars to emit; `to` excluded, Infinity where it goes on. */
  range: { from: number; to: number }
  /** What is read beside candles. A bar waits for trades and quotes, never for articles. */
  trades: boolean
  quotes: boolean
  articles: boolean
}

type FeatureName = (typeof featureSets)[typeof featureSet][number]

const names = featureSets[featureSet]
/** Articles of so many days of trading count. */
const articleDays = 1
const none: readonly FeatureRow[] = []

/**
 * Turns the records of one symbol into feature rows, one a bar. Records of one kind come in the order of their ids or open times (what
 * comes again is passed over); between candles, trades and quotes any order gives the same rows, so that a batch and a live stream do.
 * A bar is emitted when its candle is there and trades and quotes have passed its end, or {@link closeThrough} says that they have.
 * Everything it knows is in `state`.
 */
export class FeatureReducer {
  readonly state: FeatureState
  private readonly options: FeatureOptions
  private readonly grid: BarGrid
  private readonly waitedFor: StreamState<unknown>[]

  constructor(options: FeatureOptions, state: FeatureState = startFeatures()) {
    this.options = options
    this.grid = barGrid(options.venue, options.interval)
    this.state = state
    this.waitedFor = [...options.trades ? [state.trades] : [], ...options.quotes ? [state.quotes] : []]
  }

  /** Takes one record in; the rows of the bars that it completes. */
  step(record: FeatureInput): readonly FeatureRow[] {
    const { state, options: { interval } } = this
    switch (record.kind) {
      case 'candle':
        this.takeCandle(record)
        break
      case 'trade': {
        const bar = barOf(state.trades, record.trade_id, record.event_time, interval, emptyTrades)
        if (bar) addTrade(bar, record)
        break
      }
      case 'book_ticker': {
        const bar = barOf(state.quotes, record.update_id, record.event_time, interval, emptyQuote)
        if (bar) setQuote(bar, record)
        break
      }
      case 'article':
        this.takeArticle(record)
        break
      default: return record satisfies never
    }
    return state.pending.length > 0 ? this.emit() : none
  }

  /** No trade or quote from before `time` is waited for any more; those that come yet are late. */
  closeThrough(time: number): readonly FeatureRow[] {
    for (const stream of this.waitedFor) stream.closed = Math.max(stream.closed, time)
    return this.emit()
  }

  /** End of the oldest bar whose candle is here and which waits for trades or quotes. */
  get waitingFor(): number | undefined {
    return this.state.pending[0]?.event_time
  }

  /** Records that came too late for their bar. */
  get late(): number {
    return this.state.trades.late + this.state.quotes.late
  }

  private takeCandle(candle: Candle): void {
    const { state, options: { range } } = this
    if (candle.open_time <= state.candle || candle.open_time < range.from || candle.open_time >= range.to) return
    const { open_time, event_time, known_time, backfilled, high, low, close, volume, quote_volume, trade_count, taker_buy_volume } = candle
    state.candle = open_time
    state.pending.push({ open_time, event_time, known_time, backfilled, high, low, close, volume, quote_volume, trade_count, taker_buy_volume })
  }

  private takeArticle({ article_id: id, score, event_time, known_time }: ArticleSentiment): void {
    const { state, options: { range, interval } } = this
    const at = Math.max(event_time, known_time)
    state.newsSince = Math.min(state.newsSince ?? Infinity, at)
    const nextEnd = nextOpenTime(state.emitted >= 0 ? nextOpenTime(state.emitted, interval) : range.from, interval)
    if (at < this.articlesFrom(nextEnd) || state.articles.some((article) => article.id === id)) return
    const place = state.articles.findIndex((article) => article.id > id)
    state.articles.splice(place < 0 ? state.articles.length : place, 0, { id, at, score })
  }

  private emit(): readonly FeatureRow[] {
    const { pending } = this.state
    const rows: FeatureRow[] = []
    while (pending[0] && this.waitedFor.every((stream) => closedThrough(stream) >= pending[0]!.event_time)) rows.push(this.rowOf(pending.shift()!))
    return rows
  }

  private rowOf(candle: PendingCandle): FeatureRow {
    const { state, options: { venue, symbol, interval, trades: withTrades } } = this
    if (state.emitted >= 0 && !this.grid.follows(state.emitted, candle.open_time)) this.forget()
    state.emitted = candle.open_time
    const trades = withTrades ? takeBar(state.trades, candle.open_time) ?? null : undefined
    const quote = takeBar(state.quotes, candle.open_time)
    const activity = barActivity(candle, trades)
    state.known = Math.max(state.known, candle.known_time, activity.known ?? 0)
    const { high, low, close, volume, event_time } = candle
    const values: Record<FeatureName, number | null> = {
      ...nextOfHistory(state.history, { high, low, close, volume, tradeCount: activity.tradeCount }),
      trade_imbalance: activity.imbalance, vwap_distance: activity.vwapDistance, ...quoteValues(quote),
      range: (high - low) / close, ...calendarTerms(event_time), ...this.articleValues(event_time),
    }
    // A price of nothing has no returns: what came before it counts no more.
    if (close <= 0) this.forget()
    return {
      kind: 'feature', venue, symbol, interval, open_time: candle.open_time, feature_set: featureSet, close,
      values: names.map((name) => finite(values[name])),
      event_time, known_time: Math.max(event_time, state.known, quote?.known ?? 0), backfilled: candle.backfilled,
    }
  }

  private forget(): void {
    this.state.history = startBarHistory()
    this.state.known = 0
  }

  /** Articles known from then on count in a bar that ends at `end`. */
  private articlesFrom(end: number): number {
    return tradingDaysBefore(calendarOf(this.options.venue), end, articleDays)
  }

  /** Of the articles that were known in the 24 hours before the end of the bar; days without trading do not count. */
  private articleValues(end: number) {
    const { options: { articles: withArticles }, state } = this
    // Before the first article nobody can tell a quiet day from news that is not read.
    if (!withArticles || state.newsSince === undefined || state.newsSince >= end) return { sentiment: null, article_count: null }
    const from = this.articlesFrom(end)
    state.articles = state.articles.filter((article) => article.at >= from)
    let count = 0
    let sum = 0
    for (const { at, score } of state.articles) {
      if (at >= end) continue
      count++
      sum += score
    }
    return { sentiment: count > 0 ? sum / count : null, article_count: count }
  }
}

/** Without the sign of a negative zero, which JSON does not keep; what a number cannot hold is not available. */
const finite = (value: number | null) => (value !== null && Number.isFinite(value) ? value + 0 : null)

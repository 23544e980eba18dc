import {
  featureSets, type Candle, type DataMessage, type FeatureRow, type FeedRun, type Forecast, type ForecastScore, type Quote, type SentimentMessage,
} from '@streamforge/contracts'
import type { AnyPoint } from '@streamforge/timeseries'

/** The points of what a queue's topic carries: pure, and the same for the same record whenever it comes. Other kinds, such as trades and books, have none. */
export function pointsOfData(message: DataMessage): AnyPoint[] {
  if (message.kind === 'candle') return [candlePoint(message)]
  if (message.kind === 'feature') return [featurePoint(message)]
  if (message.kind === 'forecast') return [forecastPoint(message)]
  if (message.kind === 'forecast_score') return [scorePoint(message)]
  return []
}

function candlePoint({ venue, symbol, interval, open_time, ...candle }: Candle): AnyPoint {
  const { open, high, low, close, volume, quote_volume, trade_count, taker_buy_volume, taker_buy_quote_volume } = candle
  return {
    measurement: 'candles', tags: { venue, symbol, interval }, time: open_time,
    fields: { open, high, low, close, volume, quote_volume, trade_count, taker_buy_volume, taker_buy_quote_volume },
  }
}

function featurePoint({ venue, symbol, interval, open_time, feature_set, close, values }: FeatureRow): AnyPoint {
  const features = Object.fromEntries(featureSets[feature_set].flatMap((name, i) => (values[i] == null ? [] : [[name, values[i]]])))
  return { measurement: 'features', tags: { venue, symbol, interval, feature_set }, time: open_time, fields: { close, ...features } }
}

function forecastPoint({ venue, symbol, interval, open_time, model, ...forecast }: Forecast): AnyPoint {
  const { value, low, high, coverage, close, model_version, horizon_bars, target_time } = forecast
  return {
    measurement: 'forecasts', tags: { venue, symbol, interval, model }, time: open_time,
    fields: { value, low, high, coverage, close, model_version, horizon_bars, target_time },
  }
}

function scorePoint({ venue, symbol, interval, open_time, model, ...score }: ForecastScore): AnyPoint {
  const { value, actual, hit, covered, model_version, horizon_bars } = score
  return {
    measurement: 'forecast_scores', tags: { venue, symbol, interval, model }, time: open_time,
    fields: { value, actual, error: value - actual, hit, covered, model_version, horizon_bars },
  }
}

export function pointsOfQuote({ feed, asset, symbol, event_time, ...quote }: Quote): AnyPoint[] {
  const { price, bid, ask, open, high, low, previous_close, percent_change, volume } = quote
  return [{
    measurement: 'quotes', tags: { feed, asset, symbol }, time: event_time,
    fields: { price, bid, ask, open, high, low, previous_close, percent_change, volume },
  }]
}

export function pointsOfSentiment(message: SentimentMessage): AnyPoint[] {
  const { symbol } = message
  switch (message.kind) {
    case 'news_sentiment': {
      const { published_at, article_id, score } = message
      return [{ measurement: 'news_sentiment', tags: { symbol }, time: published_at, sub: withinMillisecond(article_id), fields: { score } }]
    }
    case 'daily_sentiment': {
      const { day, mean, articles, positive, neutral, negative } = message
      return [{ measurement: 'daily_sentiment', tags: { symbol }, time: Date.parse(day), fields: { mean, articles, positive, neutral, negative } }]
    }
    default: return message satisfies never
  }
}

/**
 * Sources tell when an article was published to the minute, some to the day. Ids are hashes: the nanoseconds made of one tell articles of one
 * symbol and instant apart (two of twenty meet in one of 5,000 such instants), without a tag that has as many values as there are articles.
 */
const withinMillisecond = (articleId: string) => Number.parseInt(articleId.slice(0, 12), 16) % 1_000_000

export function pointsOfFeedRun({ feed, feed_kind: asset, outcome, started_at, scheduled_at, ...run }: FeedRun): AnyPoint[] {
  const { duration_ms, latency_ms, requests, retries, not_modified, bytes, records, unchanged, rejected } = run
  const faults = Object.values(run.faults).reduce((sum, count) => sum + count, 0)
  return [{
    measurement: 'feed_runs', tags: { feed, asset, outcome }, time: started_at,
    fields: { duration_ms, latency_ms, delay_ms: started_at - scheduled_at, requests, retries, not_modified, bytes, records, unchanged, rejected, faults },
  }]
}

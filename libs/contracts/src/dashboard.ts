import { z } from 'zod'
import { BookGapReason } from './book-records.ts'
import { DeadLetter } from './dead-letter.ts'
import { Forecast, ForecastScore, LiveAccuracy } from './forecast.ts'
import { Interval } from './interval.ts'
import { ModelVersion, StoredModelAlias, TrainingRun } from './model.ts'
import { Offset, Symbol, TopicName, Venue, WorkflowId } from './names.ts'
import { Problem } from './problem.ts'
import { Epoch, Gap, Trade } from './records.ts'
import { Workflow, WorkflowSummary } from './workflow.ts'

/** What the dashboard's server answers and pushes. Its web part knows nothing else of the system. */

/** A symbol of which something is stored or streaming, and what. */
export const Instrument = z.strictObject({
  venue: Venue,
  symbol: Symbol,
  intervals: z.array(Interval).describe('Of which candles are stored, shortest first'),
  live_intervals: z.array(Interval).describe('Of which candles stream now'),
  derived_intervals: z.array(Interval).describe('Of which candles are made from the trades, where none are stored'),
  trades: z.boolean(),
  live_trades: z.boolean(),
  book: z.boolean(),
  live_book: z.boolean(),
})
export type Instrument = z.infer<typeof Instrument>
export const Instruments = z.strictObject({ instruments: z.array(Instrument) })
export type Instruments = z.infer<typeof Instruments>

/** A candle to draw. An open one is shown and never stored. */
export const ChartCandle = z.strictObject({
  open_time: Epoch,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  closed: z.boolean(),
  backfilled: z.boolean(),
  incomplete: z.boolean().optional().describe('Made from trades of which some are missing, or may be'),
})
export type ChartCandle = z.infer<typeof ChartCandle>

const maximumCandles = 5_000
export const CandlesQuery = z.strictObject({
  symbol: Symbol,
  interval: Interval,
  venue: Venue.default('binance'),
  from: z.coerce.number().pipe(Epoch).optional().describe('First open time, included; absent: as far back as `limit` allows'),
  to: z.coerce.number().pipe(Epoch).optional().describe('End of the open times, excluded; absent: now'),
  limit: z.coerce.number().int().min(1).max(maximumCandles).default(1_000).describe('The newest so many of the range'),
})
export type CandlesQuery = z.infer<typeof CandlesQuery>
/** Candles of all datasets of one symbol and interval, merged by open time, and the holes that the venue is known to have. */
export const CandlesAnswer = z.strictObject({
  candles: z.array(ChartCandle), gaps: z.array(Gap), more: z.boolean().describe('There are older ones'),
  closed: z.array(z.strictObject({ from: Epoch, to: Epoch })).optional().describe('Where no candle is missing because the market is closed; absent: it never is'),
})
export type CandlesAnswer = z.infer<typeof CandlesAnswer>

export const TradesQuery = z.strictObject({
  symbol: Symbol,
  venue: Venue.default('binance'),
  before: z.coerce.number().int().nonnegative().optional().describe('Only trades with lower ids; absent: the newest'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
})
export type TradesQuery = z.infer<typeof TradesQuery>
/** Newest first. */
export const TradesAnswer = z.strictObject({ trades: z.array(Trade) })
export type TradesAnswer = z.infer<typeof TradesAnswer>

const ShownLevel = z.strictObject({ price: z.string(), quantity: z.string() })
/** The best levels of a book, and whether it may be trusted. */
export const BookView = z.strictObject({
  venue: Venue,
  symbol: Symbol,
  status: z.enum(['valid', 'resynchronising', 'unknown']).describe('unknown: no snapshot has been seen'),
  gap_reason: BookGapReason.optional().describe('Why it is being built anew'),
  update_id: z.int().nonnegative().optional(),
  event_time: Epoch.optional(),
  bids: z.array(ShownLevel),
  asks: z.array(ShownLevel),
})
export type BookView = z.infer<typeof BookView>
export const BookQuery = z.strictObject({
  symbol: Symbol,
  venue: Venue.default('binance'),
  levels: z.coerce.number().int().min(1).max(200).default(20).describe('Levels a side'),
})

const GroupLag = z.strictObject({ group: z.string(), members: z.int().nonnegative(), lag: Offset })
export const TopicSummary = z.strictObject({
  name: TopicName, partitions: z.int().positive(), messages: z.int().nonnegative(), retention_ms: z.number().positive().optional(),
  groups: z.array(GroupLag),
})
export type TopicSummary = z.infer<typeof TopicSummary>
export const TopicList = z.strictObject({ topics: z.array(TopicSummary) })
export type TopicList = z.infer<typeof TopicList>

export const TopicParams = z.strictObject({ name: TopicName })
export const TopicDetail = z.strictObject({
  name: TopicName,
  retention_ms: z.number().positive().optional(),
  partitions: z.array(z.strictObject({ partition: z.int().nonnegative(), earliest: Offset, latest: Offset })),
  lags: z.array(z.strictObject({
    group: z.string(), members: z.int().nonnegative(), partition: z.int().nonnegative(), committed: Offset.optional(), latest: Offset, lag: Offset,
  })),
})
export type TopicDetail = z.infer<typeof TopicDetail>

export const PeekQuery = z.strictObject({
  partition: z.coerce.number().int().nonnegative().default(0),
  offset: Offset.optional().describe('First offset; absent: the newest `limit` messages'),
  limit: z.coerce.number().int().min(1).max(200).default(20),
})
export const PeekedMessage = z.strictObject({
  partition: z.int().nonnegative(), offset: Offset, timestamp: z.number(), key: z.string().nullable(), headers: z.record(z.string(), z.string()),
  value: z.string().describe('Text; base64 where the bytes are not UTF-8'), encoding: z.enum(['utf8', 'base64']), truncated: z.boolean(),
})
export type PeekedMessage = z.infer<typeof PeekedMessage>
export const PeekAnswer = z.strictObject({ messages: z.array(PeekedMessage) })
export type PeekAnswer = z.infer<typeof PeekAnswer>

export const DeadLetterList = z.strictObject({ letters: z.array(DeadLetter), total: z.int().nonnegative() })
export type DeadLetterList = z.infer<typeof DeadLetterList>
/** Which letters to put back. `value` mends the message; absent, its own bytes go back. */
export const RedriveRequest = z.strictObject({
  letters: z.array(z.strictObject({
    partition: z.int().nonnegative(), offset: Offset, value: z.string().max(1_000_000).optional(),
  })).min(1).max(500),
})
export type RedriveRequest = z.infer<typeof RedriveRequest>
export const RedriveAnswer = z.strictObject({ redriven: z.int().nonnegative() })

/** What a page may follow over the WebSocket at /live. */
export const LiveChannel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('workflows') }),
  z.strictObject({ kind: z.literal('workflow'), workflow_id: WorkflowId }),
  z.strictObject({ kind: z.literal('candles'), venue: Venue, symbol: Symbol, interval: Interval }),
  z.strictObject({ kind: z.literal('trades'), venue: Venue, symbol: Symbol }),
  z.strictObject({ kind: z.literal('book'), venue: Venue, symbol: Symbol }),
  z.strictObject({ kind: z.literal('forecasts'), venue: Venue, symbol: Symbol, interval: Interval }),
  z.strictObject({ kind: z.literal('models') }),
])
export type LiveChannel = z.infer<typeof LiveChannel>

const SubscriptionId = z.int().nonnegative().max(1_000_000)
export const LiveClientMessage = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'), id: SubscriptionId, channel: LiveChannel,
    since: z.int().nonnegative().optional().describe('Last seen: open time (candles) or trade id (trades); what came after it is sent first'),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id: SubscriptionId }),
  z.strictObject({ op: z.literal('resume') }).describe('Answers `behind`; subscriptions are then made anew'),
])
export type LiveClientMessage = z.infer<typeof LiveClientMessage>

export const LivePayload = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('workflows'), workflows: z.array(WorkflowSummary).describe('Those that are new or have changed'), removed: z.array(WorkflowId),
    whole: z.boolean().describe('True for the first answer: what is not in it is not there any more'),
  }),
  z.strictObject({ kind: z.literal('workflow'), workflow: Workflow.nullable().describe('null: it has been removed') }),
  z.strictObject({
    kind: z.literal('candles'), candles: z.array(ChartCandle), gaps: z.array(Gap),
    stored: z.boolean().describe('True: more history was stored meanwhile, ask for the range again'),
  }),
  z.strictObject({
    kind: z.literal('trades'), trades: z.array(Trade).describe('Oldest first'),
    skipped: z.int().nonnegative().describe('Trades too many to show; they are stored all the same'),
  }),
  z.strictObject({ kind: z.literal('book'), book: BookView }),
  z.strictObject({
    kind: z.literal('forecasts'), forecasts: z.array(Forecast).describe('Oldest first'), scores: z.array(ForecastScore), accuracy: z.array(LiveAccuracy),
    whole: z.boolean().describe('True for the first answer; later only what is new or has changed, and the accuracy anew'),
  }),
  z.strictObject({
    kind: z.literal('models'), versions: z.array(ModelVersion), aliases: z.array(StoredModelAlias),
    runs: z.array(TrainingRun).describe('Newest first: all of them at first, then those that have changed'), whole: z.boolean(),
  }),
])
export type LivePayload = z.infer<typeof LivePayload>

export const LiveServerMessage = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('heartbeat'), at: Epoch, every_ms: z.int().positive().describe('After three of these without a word the connection counts as lost') }),
  z.strictObject({ op: z.literal('data'), id: SubscriptionId, data: LivePayload, at: Epoch.describe('When the server sent it') }),
  z.strictObject({ op: z.literal('problem'), id: SubscriptionId.optional(), problem: Problem }),
  z.strictObject({ op: z.literal('behind'), at: Epoch })
    .describe('The page reads too slowly: all its subscriptions have ended. Whoever reads this has read what was sent before: `resume`, and subscribe again'),
])
export type LiveServerMessage = z.infer<typeof LiveServerMessage>

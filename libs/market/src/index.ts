export { splitSymbol } from './split-symbol.ts'
export type { Market, MarketInstrument, CandleQuery, TradeQuery } from './market.ts'
export {
  allocateCandles, allocateTrades, copyCandle, joinCandles, joinTrades, lowerBound, noCandles, noTrades,
  type CandleColumns, type CandleDetails, type CandleSlice, type TradeColumns, type TradeSlice,
} from './market-columns.ts'
export { boundedCache, type BoundedCache } from './bounded-cache.ts'
export { openRecordedMarket, type RecordedMarket } from './recorded-market.ts'
export { listRecordedFiles, type RecordedFile, type RecordedCandleFile, type RecordedTradeFile } from './recorded-files.ts'
export { readCandleRows, readTradeRows, type RecordedCandleRow, type RecordedTradeRow } from './recorded-rows.ts'
export { syntheticMarket, defaultSyntheticRange, type SyntheticMarketOptions } from './synthetic-market.ts'
export { defaultSyntheticSymbols } from './synthetic-assets.ts'
export { type LeadLag } from './synthetic-minutes.ts'
export { seededRandom, type Random } from './synthetic-random.ts'
export type {
  CandlePage, CandleRequest, Instrument, OpenVenueOptions, TradePage, TradeRequest, Venue, VenueClient, VenueDescription, VenueLog,
} from './venue.ts'
export { supportedTypes, venueNamed, venues } from './venues.ts'
export { candlePages, readCandles, type PagesOptions } from './candle-pages.ts'
export { locateTrades, readTrades, tradePages, type TradeIdRange, type TradePagesRequest } from './trade-pages.ts'
export { planShards } from './plan-shards.ts'
export { estimateQueue, type EstimateOptions, type QueueEstimate } from './estimate-queue.ts'
export type { Source } from './plan-segments.ts'
export { OrderBook, type BookDepth, type BookLevel, type SideName } from './book/order-book.ts'
export { LiveBook, type LiveBookOptions } from './book/live-book.ts'
export { syncBook } from './book/sync-book.ts'
export {
  defaultBookSyncOptions, nextWake, startBookSync,
  type BookInstrument, type BookSyncInput, type BookSyncOptions, type BookSyncOutput, type BookSyncState, type SnapshotPurpose,
} from './book/sync-state.ts'
export { rebuildBook, startRebuild, type BookRebuild, type RebuiltBook } from './book/rebuild-book.ts'
export { snapshotOfBook } from './book/book-snapshot.ts'
export { firstDifference, type BookDifference } from './book/compare-books.ts'
export { binanceBookDiff, binanceBookSnapshot, binanceBookTicker } from './book/binance-book.ts'
export { readRecordedBook, recordedBooks, recordedBookFile, type RecordedBook } from './book/recorded-book.ts'
export type { LiveFrame, LiveLimits, LiveVenue } from './live/live-venue.ts'
export { liveVenueNamed, liveVenues } from './live/live-venues.ts'
export { openLiveFeed, type FeedCounts, type FeedPace, type LiveEvent, type LiveFeed, type LiveFeedOptions } from './live/live-feed.ts'
export { Sequence, type MissingPlaces } from './live/sequence.ts'
export { FeatureReducer, type FeatureInput, type FeatureOptions } from './features/feature-reducer.ts'
export { readFeatureState, startFeatures, type FeatureState } from './features/feature-state.ts'
export { disorderMs, type ArticleSentiment } from './features/bar-inputs.ts'
export { readFeaturesAsOf, readNewestFeatures, type ReadFeaturesOptions } from './features/read-features.ts'

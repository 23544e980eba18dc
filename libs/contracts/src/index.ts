export { errorTable, errorCodes, StreamForgeError, toStreamForgeError, type ErrorCode } from './errors.ts'
export {
  MIN_EPOCH_MS, MAX_EPOCH_MS, toEpochMs, parseTimeRange, formatTimeRange, timeRangePattern, type EpochMs, type TimeRange,
  parseOpenTimeRange, formatOpenTimeRange, openTimeRangePattern, type OpenTimeRange,
} from './time.ts'
export { Interval, intervals, intervalLengths, floorToInterval, ceilToInterval, nextOpenTime, countCandles } from './interval.ts'
export { barGrid, type BarGrid } from './calendar/bar-grid.ts'
export { calendarOf, tradingCalendarNames, tradingDaysBefore, type TradingCalendar, type TradingCalendarName } from './calendar/trading-calendar.ts'
export { usSession, type Session } from './calendar/us-session.ts'
export { DataType, dataTypes, parseDataType, type ParsedDataType } from './data-type.ts'
export {
  Venue, Symbol, WorkflowId, QueueId, TopicName, CollectionName, Offset, queueId, dataTopic, collectionName, telemetryId, targetOf,
} from './names.ts'
export {
  Epoch, Candle, CandleOpen, Trade, Gap, StreamMarker, DataMessage, StoredCandle, StoredTrade, type MarketRecord, type DerivedRecord,
  recordKey, gapKey, candleKeyRange, tradeKeyRange,
} from './records.ts'
export {
  BookMarket, BookSymbol, DecimalText, PriceLevel, BookDiff, BookSnapshot, BookGap, BookGapReason, BookTicker, type BookRecord,
  bookRecordKey, bookKeyRange,
} from './book-records.ts'
export {
  canonicalDecimal, canonicalCandle, canonicalTrade, canonicalBookDiff, canonicalLine, canonicalFeature, canonicalForecast, canonicalForecastScore, canonicalSignal,
  canonicalDerived,
} from './canonical-line.ts'
export { CoverageCertificate, StoredCoverageCertificate, type Hole } from './coverage.ts'
export {
  TimestampSeconds, Target, Shard, ShardCheckpoint, Checkpoint, Assignment,
  StartCommand, StopCommand, PingCommand, ControlMessage,
} from './queue-control.ts'
export {
  CanaryApp, canaryApps, CanaryComparison, CanaryDifference, CanaryLatency, CanaryReport, Release, ReleaseVersion, shadowPrefix, shadowQueueId,
} from './canary.ts'
export { readTraceparent, Traceparent, traceparentHeader, writeTraceparent, type TraceContext } from './trace-context.ts'
export { assignmentFromEnv, assignmentToEnv, assignmentVariables } from './assignment-env.ts'
export { EventStatus, EventError, WorkerEvent, PongEvent, QueueEvent } from './queue-event.ts'
export { DeadLetterHeaders, DeadLetter, RedrivenHeaders } from './dead-letter.ts'
export {
  WorkflowRequest, type WorkflowRequestInput, JobStatus, ShardReport, Job, QueueStatus, Queue, Estimate, WorkflowStatus, StageProgress,
  WorkflowSummary, Workflow, WorkflowPage, WorkflowType, PipelineType, WorkflowTypes, CoveragePage, WorkflowUpdate,
} from './workflow.ts'
export {
  HealingAction, HealingDecision, StoredHealingDecision, HealedJob, HealingCircuit, StoredHealingCircuit, HealingReport, healingDecisionsCollection, healingCircuitsCollection,
} from './healing.ts'
export { LeaseHolder, StoredLease, leasesCollection } from './lease.ts'
export { StandingJob, StandingMember, StandingState, standingJobsCollection, standingMembersCollection } from './standing.ts'
export { QueueCommand, StoredQueue, StageRate, StoredWorkflow } from './stored-workflow.ts'
export {
  featureSets, FeatureSet, FeatureRow, featureKey, featureKeyRange, FeaturesQuery, FeaturesAnswer,
} from './features.ts'
export { assetGraph, RelationKind, Asset, AssetRelation, GraphVersion, GraphsQuery, GraphParams, GraphList, GraphAnswer } from './graph.ts'
export {
  ModelName, RunId, ModelAlias, Measured, Scores, EpochReport, TrainingRun, ModelVersion, StoredModelAlias, ModelList, TrainingRunList, PromoteRequest,
  ModelParams, ModelsQuery, TrainingRunsQuery,
} from './model.ts'
export { Forecast, ForecastScore, forecastKey, forecastScoreKey, ForecastsQuery, ForecastsAnswer, LiveAccuracy, ForecastSeries, ForecastSeriesList } from './forecast.ts'
export {
  GraphParameters, TrainingParameters, AgentParameters, Pipeline, StageType, stageNames, StageName, allSymbols, QueueType, isStageType, dataTypeOf,
  parseStageType, StageInput, StageSpec, StageResult, RepeatedQueue, pipelineTypes,
} from './pipeline.ts'
export {
  StrategyName, BacktestMetrics, BacktestTrade, ValidityCheck, ValidityVerdict, BacktestReport, BacktestSummary, BacktestsQuery, BacktestList, BacktestParams,
  backtestKey, backtestsCollection,
} from './backtest.ts'
export {
  FeedName, FeedSymbol, FeedKind, feedKinds, FeedParser, feedParsers, FeedEntry, FeedFile, FeedProblem, durationMs, Quote, quoteKey, quoteKeyRange,
  StockDetails, FeedTrigger, FeedOutcome, FeedRun, feedRunKey, recentFeedRuns, FeedState, type FeedTotals, FeedFileState, FeedCommand, FeedAnswer, dryRunRecords,
} from './feeds.ts'
export {
  ArticleId, marketSymbol, NewsArticle, articleKey, SentimentLabel, NewsSentiment, newsSentimentKey, newsSentimentKeyRange,
  DailySentiment, dailySentimentKey, dailySentimentKeyRange, SentimentMessage,
} from './news.ts'
export { Signal, SignalFill, signalKey, agentModelName } from './signal.ts'
export { RetrainingPolicy, RetrainingRun, StoredRetraining, RetrainingList, keptRetrainingRuns } from './retraining.ts'
export { Lineage, LineageFeatures, LineageDataset, LineageParams, LineageQuery, type LineageUse } from './lineage.ts'
export { ReplayReport, ReplayedQueue } from './replay.ts'
export { BackupId, BackupContent, BackupManifest, backupParts, type BackupPart, SettingRow } from './backup.ts'
export { Problem } from './problem.ts'
export { askLeader, usualLeaderPatience, type LeaderPatience } from './ask-leader.ts'
export {
  roles, Role, roleAllows, Caller, ApiTokenId, ApiTokenParams, ApiTokenRequest, ApiToken, ApiTokenList, CreatedApiToken, StoredApiToken, AuditEntry, AuditQuery, AuditPage,
  type NeededRole,
} from './access.ts'
export { SessionAnswer, TokenSignIn, SignOutAnswer, SignInQuery } from './session.ts'
export {
  apiOperations, ListWorkflowsQuery, ListCoverageQuery, DeleteWorkflowQuery, WorkflowParams, Health, type ApiOperation, type ApiOperationId,
} from './api-operations.ts'
export { openApiDocument } from './open-api.ts'
export { busAccess, type BusOperation, type BusRule, type BusUser } from './bus-access.ts'
export { catalog, deadLetterTopic, services, type CatalogEntry, type MessageName, type MessageOf } from './catalog.ts'
export { asyncApiDocument, jsonSchema } from './async-api.ts'
export {
  Instrument, Instruments, ChartCandle, CandlesQuery, CandlesAnswer, TradesQuery, TradesAnswer, BookView, BookQuery, TopicSummary, TopicList,
  TopicParams, TopicDetail, PeekQuery, PeekedMessage, PeekAnswer, DeadLetterList, RedriveRequest, RedriveAnswer, LiveChannel,
  LiveClientMessage, LivePayload, LiveServerMessage,
} from './dashboard.ts'
export {
  alertMeasures, alertMeasureNames, alertDefinitions, AlertSeverity, AlertKind, AlertDefinition, AlertOverrides, AlertEvent, StoredAlert, Silence,
  StoredSilence, AlertCommand, AlertNotice, AlertChannel, StoredAlertGroup, alertIdentity, alertKey, silenceCovers, type AlertMeasure,
} from './alerts.ts'
export {
  measurements, measurementNames, MeasurementName, defaultSeriesBucket, type Measurement, type SeriesField, type FieldType, type FieldName, type TagName,
} from './series.ts'
export {
  NewsQuery, ScoredArticle, NewsAnswer, FeedFileSummary, FeedSummary, FeedsAnswer, FeedParams, FeedFileAnswer, FeedCommandRequest, FeedCommandAccepted, FeedAnswerParams, FeedAnswerReply,
} from './dashboard-feeds.ts'
export { ShownAlert, AlertsAnswer, alertKinds, SilenceRequest, SilenceParams, SilenceAccepted } from './dashboard-alerts.ts'
export {
  storeOperations, rememberedAnswerMs, documentLinesType, type StoreOperation, type StoreOperationName, type StoreRequest, type StoreAnswer,
} from './store-operations.ts'
export {
  settingValues, SettingKind, type SettingValue, SettingName, SettingOwner, localOwner, Setting, SettingKindParams, SettingList, SettingParams, SettingPut, SettingDelete, SettingDeleted,
} from './settings.ts'

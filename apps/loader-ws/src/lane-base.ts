import { DataMessage, StreamForgeError, StreamMarker, toStreamForgeError } from '@streamforge/contracts'
import type { LiveFrame } from '@streamforge/market'
import type { WorkerProgress, WorkerResult } from '@streamforge/service'
import { defaultLanePace, type Lane, type LaneOptions, type LanePace } from './lane.ts'
import { TopicWriter } from './topic-writer.ts'

/** What the topic's acknowledgement of a message means for the lane. */
interface Mark {
  /** Receipt of its frame; undefined: it came over REST. */
  receivedAt: number | undefined
  /** Everything before is on the topic with this message: a place in the series, or the topic's own offset. Undefined: it moves nothing. */
  position: number | 'offset' | undefined
  /** 1 for a record that the store keeps under a key of its own. */
  counted: 0 | 1
}

/** What all kinds of lanes share: the way to the topic, checkpoints, notices, the end. */
export abstract class LaneBase implements Lane {
  readonly assignment
  readonly ended: Promise<void>
  protected readonly options: LaneOptions
  protected readonly pace: LanePace
  /** Aborts when the lane takes nothing more. */
  protected readonly closing = new AbortController()
  protected firstPlace: number | undefined
  private readonly writer: TopicWriter<Mark>
  private position: number
  private records: number
  /** Markers are on the topic. An attempt after that (a retry of a stopped queue) goes on behind them. */
  private done = false
  private notices: { text: string; until: number } | undefined
  private endLane!: () => void
  private failLane!: (error: unknown) => void
  private failure: unknown
  private connections = 0
  /** Undefined before the first attempt to connect has come to something. */
  private open: boolean | undefined
  private readonly tally = new Map<string, number>()

  constructor(options: LaneOptions) {
    this.options = options
    this.assignment = options.assignment
    this.pace = { ...defaultLanePace, ...options.pace }
    const saved = options.assignment.checkpoint.find(({ shard }) => shard === 0)
    this.position = saved?.position ?? 0
    this.records = saved?.records ?? 0
    this.firstPlace = saved?.first_trade_id
    this.ended = new Promise((resolve, reject) => {
      this.endLane = resolve
      this.failLane = reject
    })
    // Awaited later; until then a failure must not count as unhandled.
    this.ended.catch(() => undefined)
    this.writer = new TopicWriter<Mark>({
      bus: options.bus, topic: options.assignment.kafka_topic, key: options.assignment.symbol, partition: 0, now: options.now, random: options.random,
      onWritten: (marks, end) => this.onWritten(marks, end), onFailed: (error) => this.fail(error),
      onRetry: (error) => this.notice(`the bus did not take records and is tried again: ${toStreamForgeError(error).message}`),
    })
  }

  abstract accept(frame: LiveFrame): void

  waitForRoom(): Promise<void> | undefined {
    return this.writer.waitForRoom()
  }

  connected(renewed: boolean): void {
    this.open = true
    if (renewed) this.count('renewals')
    else if (this.connections++ > 0) this.count('reconnections')
    this.notice(renewed ? 'the connection was renewed' : 'connected')
  }

  disconnected(reason: string): void {
    this.open = false
    this.options.log.warn({ reason }, 'the connection to the venue was lost and is made again')
    this.notice(`connection lost (${reason}), connecting again`)
  }

  badFrame(error: StreamForgeError): void {
    this.count('unreadable frames')
    this.notice(error.message)
  }

  notice(text: string): void {
    this.notices = { text: text.slice(0, 300), until: this.options.now() + this.pace.noticeMs }
    this.report()
  }

  fail(error: unknown): void {
    this.failure ??= error
    this.failLane(error)
    this.closing.abort()
  }

  async finish(end: boolean): Promise<WorkerResult> {
    this.closing.abort()
    await this.writer.drain()
    if (this.failure !== undefined) throw toStreamForgeError(this.failure)
    if (end) await this.writeMarkers()
    this.report()
    return this.progressNow()
  }

  protected end(): void {
    this.endLane()
    this.closing.abort()
  }

  /** Counts what a person should know of, under the word for it; it stands in every progress message from then on. */
  protected count(what: string, by = 1): void {
    this.tally.set(what, (this.tally.get(what) ?? 0) + by)
  }

  protected write(message: DataMessage, mark: Mark): void {
    this.writer.add(JSON.stringify(message), mark)
  }

  /** As `write`, for the messages that are rare and put together here: checked against their schema first. */
  protected writeChecked(message: DataMessage, mark: Mark): void {
    const parsed = DataMessage.safeParse(message)
    if (parsed.success) return this.write(message, mark)
    this.fail(new StreamForgeError('BAD_MESSAGE', `a ${message.kind} does not fit its contract: ${parsed.error.message}`, { cause: parsed.error }))
  }

  /** Runs work in the background; what goes wrong in it ends the lane, unless it is ending anyway. */
  protected background(work: Promise<void>): void {
    work.catch((error: unknown) => { if (!this.closing.signal.aborted) this.fail(error) })
  }

  protected sleep(ms: number): Promise<void> {
    return this.options.sleep(ms, this.closing.signal)
  }

  private onWritten(marks: readonly Mark[], end: number): void {
    const { now, onDelay } = this.options
    const writtenAt = now()
    for (const { receivedAt, position, counted } of marks) {
      this.records += counted
      if (position !== undefined) this.position = position === 'offset' ? end : position
      if (receivedAt !== undefined) onDelay?.(writtenAt - receivedAt)
    }
    this.report()
  }

  private report(): void {
    this.options.progress(this.progressNow())
  }

  private progressNow(): WorkerProgress {
    const { position, records, done, firstPlace } = this
    const checkpoint = { shard: 0, position, records, done, ...(firstPlace !== undefined && { first_trade_id: firstPlace }) }
    return { records_written: records, message: this.message(), ...(this.open !== undefined && { connected: this.open }), ...(position > 0 && { checkpoint: [checkpoint] }) }
  }

  private message(): string {
    const parts = [`${this.records} records on the topic`, ...[...this.tally].map(([what, count]) => `${count} ${what}`)]
    if (this.notices && this.options.now() < this.notices.until) parts.push(this.notices.text)
    return parts.join('; ')
  }

  /** In every partition, so that the connector knows that nothing more comes. */
  private async writeMarkers(): Promise<void> {
    const { bus, partitions, assignment: { kafka_topic, symbol, queue_id, attempt } } = this.options
    const ids = this.markerIds()
    const markers = Array.from({ length: partitions }, (_, partition) => StreamMarker.parse({
      kind: 'end_of_stream', queue_id, attempt, shard: 0, shards: 1, partition, records: partition === 0 ? this.records : 0, ...ids,
    }))
    await bus.publish(kafka_topic, markers.map((marker) => ({
      key: symbol, value: JSON.stringify(marker), partition: marker.partition, headers: { 'content-type': 'application/json', schema: 'data' },
    })))
    this.done = true
  }

  private markerIds(): { first_trade_id?: number; last_trade_id?: number } {
    if (!this.assignment.type.endsWith('trades') || this.firstPlace === undefined || this.position <= this.firstPlace) return {}
    return { first_trade_id: this.firstPlace, last_trade_id: this.position - 1 }
  }
}

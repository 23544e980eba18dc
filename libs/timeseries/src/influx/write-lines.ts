import type { WriteApi } from '@influxdata/influxdb-client'
import { StreamForgeError } from '@streamforge/contracts'
import type { Connection } from './connection.ts'

/** Lines of one request: what InfluxData recommends; larger ones are no faster. */
const linesARequest = 5_000
/** Fewer are sent in one request. */
const worthSplitting = 1_000
/** Requests of one call under way at once. Measured on two cores: half as fast again as one after another, and no faster with more. */
const lanes = 4

/** Lines of equal instants go one way, in their order: the last of equal points must win. A multiplication spreads instants of any step (Knuth's hash). */
const laneOf = (time: number) => Math.imul(Math.floor(time / 1_000), 0x9e3779b1) >>> 30

/** Sends lines to the bucket. One writer of the driver serves one request at a time, for its errors are those of what it has buffered. */
export class LineWriter {
  readonly #connection: Connection
  readonly #idle: WriteApi[] = []

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /**
   * Resolves when the server has all of them in its log.
   * @param lines with the instants of their points, in milliseconds
   * @throws StreamForgeError STORE_REJECTED, STORE_UNAVAILABLE
   */
  async write(lines: readonly { text: string; time: number }[]): Promise<void> {
    const split: string[][] = Array.from({ length: lines.length < worthSplitting ? 1 : lanes }, () => [])
    for (const { text, time } of lines) split[split.length === 1 ? 0 : laneOf(time)]!.push(text)
    const outcomes = await Promise.allSettled(split.map((lane) => this.#send(lane)))
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    // What may pass later comes first: the whole is then written again, and what is refused is refused again.
    if (errors.length) throw errors.find((error) => error instanceof StreamForgeError && error.retryable) ?? errors[0]
  }

  async #send(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return
    const writer = this.#idle.pop() ?? this.#open()
    try {
      for (let start = 0; start < lines.length; start += linesARequest) {
        await this.#connection.call(async () => {
          writer.writeRecords(lines.slice(start, start + linesARequest))
          await writer.flush()
        })
      }
    } finally {
      this.#idle.push(writer)
    }
  }

  #open(): WriteApi {
    const { client, org, bucket } = this.#connection
    return client.getWriteApi(org, bucket, 'ns', {
      // Sent by flush() only: of what is sent before, the driver does not tell who wrote it that it failed. Who consumes tries again, for as long as it takes.
      batchSize: linesARequest + 1, flushInterval: 0, maxRetries: 0, writeFailed: () => undefined,
      // Compressing costs more time than it saves on the network of one machine or cluster.
      gzipThreshold: Number.MAX_SAFE_INTEGER,
    })
  }

  async close(): Promise<void> {
    for (const writer of this.#idle.splice(0)) await writer.close()
  }
}

import type { WriteApi } from '@influxdata/influxdb-client'
import type { Connection } from './connection.ts'

/** Lines of one request: what InfluxData recommends; larger ones are no faster. */
const linesARequest = 5_000

/** Sends lines to the bucket. One writer of the driver serves one call at a time, for its errors are those of what it has buffered. */
export class LineWriter {
  readonly #connection: Connection
  readonly #idle: WriteApi[] = []

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Resolves when the server has all of them in its log. @throws StreamForgeError STORE_REJECTED, STORE_UNAVAILABLE */
  async write(lines: readonly string[]): Promise<void> {
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
      batchSize: linesARequest + 1, flushInterval: 0, maxRetries: 0, gzipThreshold: 10_000,
      writeFailed: () => undefined,
    })
  }

  async close(): Promise<void> {
    for (const writer of this.#idle.splice(0)) await writer.close()
  }
}

import type { Candle, EpochMs, Interval, Trade } from '@streamforge/contracts'

export type ArchivePeriod = 'daily' | 'monthly'
export type ArchiveContent = { kind: 'candles'; interval: Interval } | { kind: 'trades' }

/** A file that a venue publishes for a closed UTC day or month. */
export interface ArchiveFile {
  symbol: string
  content: ArchiveContent
  period: ArchivePeriod
  from: EpochMs
  to: EpochMs
  path: string
}

/** A downloaded file whose checksum was right. */
export interface OpenArchive {
  /** Only for a file of candles. @throws StreamForgeError VENUE_BAD_RESPONSE */
  candles(): AsyncIterable<Candle[]>
  /** Only for a file of trades. @throws StreamForgeError VENUE_BAD_RESPONSE */
  trades(): AsyncIterable<Trade[]>
  /** Deletes the local copy. */
  discard(): Promise<void>
}

export interface ArchiveSource {
  /** The file that holds `time`. */
  fileAt(symbol: string, content: ArchiveContent, period: ArchivePeriod, time: EpochMs): ArchiveFile
  /**
   * Undefined when it is not published (yet).
   * @throws StreamForgeError ARCHIVE_CHECKSUM when it did not match its checksum after several downloads, VENUE_UNREACHABLE
   */
  open(file: ArchiveFile): Promise<OpenArchive | undefined>
}

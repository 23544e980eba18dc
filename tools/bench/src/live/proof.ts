import type { Queue } from '@streamforge/contracts'
import type { TopicCount } from './count-topic.ts'

/** One queue at the end: what the exchange told, what lies on the topic, what is stored. */
export interface QueueProof {
  readonly queue: Queue
  readonly told: number
  readonly topic: TopicCount
  readonly stored: number
}

/** Records on the topic of which each was a frame of the exchange; those that REST gave in place of one count too. */
export const keptRecords = ({ kinds }: TopicCount): number => (kinds['trade'] ?? 0) + (kinds['book_diff'] ?? 0) + (kinds['book_ticker'] ?? 0)

export const certificateIsWhole = ({ certificate }: Queue): boolean => certificate?.complete === true && certificate.rows_stored > 0

import type { DataMessage, Gap, MarketRecord, StreamMarker } from '@streamforge/contracts'
import type { Bus } from '@streamforge/bus'

/** A topic in memory for tests: it keeps what was acknowledged, and can refuse a publish as a dying bus would. */
export interface RecordingTopic {
  bus: Pick<Bus, 'publish' | 'admin'>
  messages: { partition: number; key: unknown; value: DataMessage; headers: Readonly<Record<string, string>> | undefined }[]
  records(): MarketRecord[]
  gaps(): Gap[]
  markers(): StreamMarker[]
}

export function recordingTopic(options: { partitions?: number; refuse?: (publish: number) => boolean } = {}): RecordingTopic {
  const messages: RecordingTopic['messages'] = []
  const partitions = options.partitions ?? 1
  let publishes = 0
  const ofKind = <K extends DataMessage['kind']>(...kinds: K[]) =>
    messages.map((m) => m.value).filter((v): v is Extract<DataMessage, { kind: K }> => kinds.includes(v.kind as K))
  const admin = {
    describeTopic: (name: string) => Promise.resolve({
      name, retentionMs: undefined, partitions: Array.from({ length: partitions }, (_, partition) => ({ partition, earliest: 0n, latest: 0n })),
    }),
  }
  return {
    messages,
    records: () => ofKind('candle', 'trade'),
    gaps: () => ofKind('gap'),
    markers: () => ofKind('end_of_stream'),
    bus: {
      admin: admin as unknown as Bus['admin'],
      publish(_topic, outgoing) {
        if (options.refuse?.(++publishes)) return Promise.reject(new Error('the bus went away'))
        for (const m of outgoing) {
          messages.push({ partition: m.partition!, key: m.key, value: JSON.parse(String(m.value)) as DataMessage, headers: m.headers })
        }
        return Promise.resolve(outgoing.map((m) => ({ partition: m.partition!, offset: BigInt(messages.length) })))
      },
    },
  }
}

import { channel } from 'node:diagnostics_channel'

/** What telemetry may subscribe to; nothing is measured while nobody does. */
export interface StoreEvent {
  collection: string
  documents: number
  /** Milliseconds from the call to its end. */
  ms: number
}

const write = channel('streamforge:store:write')
const read = channel('streamforge:store:read')

export function startTimer(kind: 'write' | 'read', collection: string): (documents: number) => void {
  const target = kind === 'write' ? write : read
  if (!target.hasSubscribers) return () => undefined
  const start = performance.now()
  return (documents) => target.publish({ collection, documents, ms: performance.now() - start } satisfies StoreEvent)
}

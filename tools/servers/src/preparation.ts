import { channel } from 'node:diagnostics_channel'

/**
 * What happens while servers are downloaded and built, on the diagnostics channel `streamforge:servers:preparation`: whoever shows progress
 * subscribes, and nobody who doesn't is bothered.
 */
export type PreparationEvent =
  | { kind: 'began'; name: string; folder: string }
  | { kind: 'output'; text: string }
  | { kind: 'ended'; name: string; folder: string; ms: number; failed: boolean }

export const preparation = channel('streamforge:servers:preparation')

const report = (event: PreparationEvent) => {
  if (preparation.hasSubscribers) preparation.publish(event)
}

/** A program that prepares something printed this. */
export const reportOutput = (text: string): void => report({ kind: 'output', text })

/** Runs `work`, which fills `folder`, between its two events. */
export async function reportPreparation(name: string, folder: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now()
  let failed = true
  report({ kind: 'began', name, folder })
  try {
    await work()
    failed = false
  } finally {
    report({ kind: 'ended', name, folder, ms: performance.now() - began, failed })
  }
}

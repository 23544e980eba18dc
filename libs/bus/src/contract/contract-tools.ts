import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Batch, BatchHandler, Bus, IncomingMessage, OutgoingMessage } from '../bus.ts'
import type { BusUnderTest } from '../bus-contract.ts'

export type Subject = () => BusUnderTest

/** A name that no other test or run has used. */
export const unique = (prefix: string) => `${prefix}-${randomBytes(6).toString('hex')}`

export async function newTopic(bus: Bus, partitions = 1): Promise<string> {
  const name = unique('contract')
  await bus.admin.createTopic({ name, partitions })
  return name
}

/** Messages `prefix0`, `prefix1`, ... for one partition. */
export const numbered = (count: number, partition = 0, prefix = 'm'): OutgoingMessage[] =>
  Array.from({ length: count }, (_, i) => ({ value: `${prefix}${i}`, partition }))

export const textOf = (message: IncomingMessage) => message.value.toString()

/** Waits until the condition holds; fails with `what` when it does not within the time. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`)
    await sleep(10)
  }
}

export interface Recorder {
  handler: BatchHandler
  batches: Batch[]
  messages: () => IncomingMessage[]
  texts: () => string[]
  /** Waits until so many messages have come. */
  received: (count: number) => Promise<void>
}

/** A handler that remembers what it was given. */
export function recorder(before: BatchHandler = async () => {}): Recorder {
  const batches: Batch[] = []
  const messages = () => batches.flatMap((batch) => [...batch.messages])
  return {
    batches, messages,
    texts: () => messages().map(textOf),
    handler: async (batch) => {
      await before(batch)
      batches.push(batch)
    },
    received: (count) => until(`${count} messages have come`, () => messages().length >= count),
  }
}

/** A promise to be settled by hand, and whether anybody has come to wait for it. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

export async function expectCode(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'StreamForgeError', code })
}

export async function committedOf(bus: Bus, group: string, topic: string, partition = 0): Promise<bigint | undefined> {
  const lags = await bus.admin.lag(group, topic)
  return lags.find((lag) => lag.partition === partition)?.committed
}

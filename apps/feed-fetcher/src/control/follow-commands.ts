import { type Bus, consumeMessages } from '@streamforge/bus'
import { catalog, type FeedCommand } from '@streamforge/contracts'
import type { Store } from '@streamforge/store'
import { answerCommand, type Controlled } from './answer-command.ts'

const collection = 'feed_answers'
const keptMs = 86_400_000

/** Consumes `feed-control`; each command is carried out once, its answer is a document. A dry run keeps no other command waiting. */
export async function followCommands({ bus, store, controlled, service }: { bus: Bus; store: Store; controlled: Controlled; service: string }) {
  await store.ensureCollection(collection, { indexes: [['at']] })
  const dryRuns = new Set<Promise<void>>()
  const answer = async (command: FeedCommand) => {
    const document = await answerCommand(controlled, command)
    await store.writeBatch(collection, [{ ...document }])
  }
  const consumer = await consumeMessages(bus, catalog['feed-control'], { group: service, from: 'earliest', service, now: controlled.now }, async ({ messages }) => {
    for (const { value } of messages) {
      // It was answered, and the death of this process kept the offset from being committed.
      if (await store.get(collection, value.request_id)) continue
      if (value.command !== 'dry_run') {
        await answer(value)
        continue
      }
      const run = answer(value).catch(() => undefined).finally(() => dryRuns.delete(run))
      dryRuns.add(run)
    }
    await forgetOld(store, controlled.now())
  })
  return {
    done: consumer.done,
    async close() {
      await consumer.close()
      await Promise.all(dryRuns)
    },
  }
}

async function forgetOld(store: Store, now: number): Promise<void> {
  const old = await store.find(collection, { where: { at: { lt: now - keptMs } }, limit: 500 })
  if (old.length > 0) await store.deleteKeys(collection, old.map((d) => d._key))
}

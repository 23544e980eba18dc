import type { Bus, TopicInfo } from '@streamforge/bus'
import { expect, it } from 'vitest'
import { watchBus } from './watch-bus.ts'

const topic: TopicInfo = { name: 'queue-events', partitions: [], retentionMs: undefined }
/** A bus whose looks are answered by hand. */
function slowBus() {
  const looks: PromiseWithResolvers<TopicInfo>[] = []
  const describeTopic = () => {
    const look = Promise.withResolvers<TopicInfo>()
    looks.push(look)
    return look.promise
  }
  return { looks, bus: { admin: { describeTopic } as unknown as Bus['admin'] } }
}

it('takes the bus for away when a look fails or is late, until one succeeds', async () => {
  const { looks, bus } = slowBus()
  let time = 0
  const watch = watchBus({ bus, everyMs: 1, lateMs: 2_000, elapsed: () => time })
  expect(watch.answers()).toBe(true)
  time = 2_000
  expect(watch.answers()).toBe(false)
  looks[0]!.resolve(topic)
  await expect.poll(() => looks.length).toBe(2)
  expect(watch.answers()).toBe(true)
  looks[1]!.reject(new Error('no broker answers'))
  await expect.poll(() => looks.length).toBe(3)
  expect(watch.answers()).toBe(false)
  looks[2]!.resolve(topic)
  await expect.poll(() => watch.answers()).toBe(true)
  await watch.close()
})

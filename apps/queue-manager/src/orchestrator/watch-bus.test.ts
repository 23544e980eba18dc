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

it('takes the bus for away when a look fails or is late, since it last answered, until it does again', async () => {
  const { looks, bus } = slowBus()
  let time = 0
  const watch = watchBus({ bus, everyMs: 1, lateMs: 2_000, elapsed: () => time })
  expect(watch.awayMs()).toBe(0)
  time = 1_999
  expect(watch.awayMs()).toBe(0)
  time = 2_000
  expect(watch.awayMs()).toBe(2_000)
  looks[0]!.resolve(topic)
  await expect.poll(() => looks.length).toBe(2)
  expect(watch.awayMs()).toBe(0)
  time = 2_500
  looks[1]!.reject(new Error('no broker answers'))
  await expect.poll(() => looks.length).toBe(3)
  time = 3_000
  expect(watch.awayMs()).toBe(1_000)
  looks[2]!.resolve(topic)
  await expect.poll(() => watch.awayMs()).toBe(0)
  await watch.close()
})

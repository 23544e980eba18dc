import { afterEach, expect, it } from 'vitest'
import { openCluster, type KafkaCluster } from './cluster.ts'
import { retrying } from './retry.ts'
import { int16, int32, scriptedBroker, text } from './scripted-broker.ts'

let close: (() => void)[] = []
afterEach(() => {
  for (const each of close) each()
  close = []
})

const noGroups = Buffer.concat([int16(0), int32(0)])
const oneGroup = Buffer.concat([int16(0), int32(1), text('a-group'), text('consumer')])

const groupsOf = (cluster: KafkaCluster) =>
  retrying({ doing: 'list groups', withinMs: 10_000, random: () => 0, between: () => cluster.refresh() }, async () => (await cluster.anyBroker()).listGroups())

it.each([2, 4, 9, 20])('hears a broker that broke off an answer after %i bytes', { timeout: 15_000 }, async (bytes) => {
  let asked = 0
  const broker = await scriptedBroker((_, { reply, breakOff }) => {
    if (asked++ === 0) breakOff(oneGroup, bytes)
    else reply(asked % 2 === 0 ? oneGroup : noGroups)
  })
  const cluster = await openCluster({ brokers: [broker.address], clientId: 'test' }, () => 0)
  close = [broker.close, () => void cluster.close()]
  expect(await groupsOf(cluster)).toMatchObject({ groups: [{ groupId: 'a-group' }] })
  expect(await groupsOf(cluster)).toMatchObject({ groups: [] })
  expect(asked).toBe(3)
})

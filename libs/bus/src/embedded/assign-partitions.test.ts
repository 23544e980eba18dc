import fc from 'fast-check'
import { expect, it } from 'vitest'
import { assignPartitions, type OwnedPartition } from './assign-partitions.ts'

const owners = fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'gone'), { nil: undefined })
const topicOf = (topic: string) => fc.array(owners, { maxLength: 12 })
  .map((all) => all.map((owner, partition): OwnedPartition => ({ topic, partition, owner })))
const partitions = fc.tuple(topicOf('t'), topicOf('u')).map((topics) => topics.flat())
const members = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 })

it('gives every partition to one member, in equal shares, and leaves in place what may stay', () => {
  fc.assert(fc.property(partitions, members, (owned, names) => {
    const assigned = assignPartitions(owned, names.map((member) => ({ member, topics: ['t', 'u'] })))
    expect(assigned.map(({ topic, partition }) => `${topic}${partition}`).sort())
      .toEqual(owned.map(({ topic, partition }) => `${topic}${partition}`).sort())
    const shares = names.map((name) => assigned.filter((p) => p.target === name).length)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(owned.length)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
    const before = new Map(names.map((name) => [name, owned.filter((p) => p.owner === name).length]))
    const balanced = Math.max(...before.values()) - Math.min(...before.values()) <= 1 && owned.every((p) => before.has(p.owner ?? ''))
    if (balanced) for (const p of assigned) expect(p.target).toBe(owned.find((o) => o.topic === p.topic && o.partition === p.partition)!.owner)
  }), { seed: 3, numRuns: 300 })
})

it('does not depend on the order of what it is given', () => {
  fc.assert(fc.property(partitions, members, (owned, names) => {
    const subscribers = names.map((member) => ({ member, topics: ['t', 'u'] }))
    expect(assignPartitions([...owned].reverse(), [...subscribers].reverse())).toEqual(assignPartitions(owned, subscribers))
  }), { seed: 5, numRuns: 100 })
})

it('gives a topic only to those who asked for it', () => {
  const free = (topic: string) => [0, 1].map((partition) => ({ topic, partition, owner: undefined }))
  const assigned = assignPartitions([...free('t'), ...free('u'), ...free('v')], [
    { member: 'a', topics: ['t'] }, { member: 'b', topics: ['t', 'u'] },
  ])
  expect(assigned.filter((p) => p.topic === 't').map((p) => p.target)).toEqual(['a', 'a'])
  expect(assigned.filter((p) => p.topic === 'u').map((p) => p.target)).toEqual(['b', 'b'])
  expect(assigned.filter((p) => p.topic === 'v').map((p) => p.target)).toEqual([undefined, undefined])
})

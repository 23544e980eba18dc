import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkQueue } from './check-queue.ts'
import type { LoggedRecord, QueueHistory } from './history.ts'

const source = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `X_${100 + i}`, line: `${100 + i},${i * 7}` }))
const checksum = (lines: readonly string[]) => `sha256:${createHash('sha256').update(lines.map((line) => `${line}\n`).join('')).digest('hex')}`

/** A queue to which nothing has happened: two shards that take turns on one partition. */
function soundHistory(count = 20): QueueHistory {
  const records = source(count)
  const half = Math.ceil(count / 2)
  const turns = Array.from({ length: half }, (_, i) => [records[i]!, records[half + i]].filter((r) => r !== undefined)).flat()
  const logged = turns.map(({ key }, i): LoggedRecord => ({ partition: 0, offset: BigInt(i), key, part: Number(key.slice(2)) - 100 < half ? 0 : 1 }))
  return {
    queueId: 'queue', source: records, logged, kept: records.map(({ key, line }) => ({ key, identity: key, line })),
    certificate: { complete: true, rows: count, checksum: checksum(records.map(({ line }) => line)) },
    ends: [{ partition: 0, latest: BigInt(count), committed: BigInt(count) }],
  }
}
const kindsOf = (history: QueueHistory) => [...new Set(checkQueue(history).map(({ kind }) => kind))].sort()
/** As a loader does that was killed: it sends again what came after its checkpoint. */
const resent = (logged: readonly LoggedRecord[], from: number, to: number) => [...logged.slice(0, to), ...logged.slice(from)]
/** Of two at once, of which the second began before where the first is. */
function sentByTwo(logged: readonly LoggedRecord[], first: number, second: number, turns: Iterator<boolean>): LoggedRecord[] {
  const sent = logged.slice(0, first)
  for (let [a, b] = [first, second]; a < logged.length || b < logged.length;) {
    if (b >= logged.length || (a < logged.length && turns.next().value === true)) sent.push(logged[a++]!)
    else sent.push(logged[b++]!)
  }
  return sent
}

describe('the history of a queue', () => {
  it('is sound when nothing happened, or was sent again from any checkpoint, by one loader or by two at once', () => {
    const history = soundHistory()
    expect(checkQueue(history)).toEqual([])
    fc.assert(fc.property(fc.nat(20), fc.nat(20), fc.infiniteStream(fc.boolean()), (a, b, turns) => {
      expect(checkQueue({ ...history, logged: resent(history.logged, Math.min(a, b), Math.max(a, b)) })).toEqual([])
      expect(checkQueue({ ...history, logged: sentByTwo(history.logged, Math.max(a, b), Math.min(a, b), turns) })).toEqual([])
    }), { seed: 1, numRuns: 200 })
  })

  it('shows what is lost, whichever it is', () => {
    const history = soundHistory()
    fc.assert(fc.property(fc.nat(19), (at) => {
      expect(checkQueue({ ...history, kept: history.kept.toSpliced(at, 1) })).toEqual([{ kind: 'lost', where: 'queue', detail: `X_${100 + at}` }])
    }), { seed: 1, numRuns: 30 })
  })

  it('shows a record that is stored twice, under one key or under two', () => {
    const history = soundHistory()
    const [first] = history.kept
    expect(kindsOf({ ...history, kept: [first!, ...history.kept] })).toEqual(['doubled'])
    expect(kindsOf({ ...history, kept: [...history.kept, { ...first!, key: 'X_999' }] })).toEqual(['doubled'])
  })

  it('shows what came too early on the topic, within a shard only', () => {
    const history = soundHistory()
    const swapped = (a: number, b: number) => history.logged.with(a, history.logged[b]!).with(b, history.logged[a]!)
    expect(kindsOf({ ...history, logged: swapped(4, 6) })).toEqual(['reordered'])
    expect(kindsOf({ ...history, logged: swapped(4, 5) })).toEqual([])
    // A page that is passed over and sent later.
    expect(kindsOf({ ...history, logged: [...history.logged.slice(0, 6), ...history.logged.slice(10), ...history.logged.slice(6, 10)] })).toEqual(['reordered'])
  })

  it('shows what is stored in another order than the source has', () => {
    const history = soundHistory()
    expect(kindsOf({ ...history, kept: history.kept.with(3, history.kept[4]!).with(4, history.kept[3]!) })).toEqual(['reordered'])
  })

  it('shows what is nobody of the source, stored or on the topic, and what came from nowhere', () => {
    const history = soundHistory()
    const stranger = { key: 'Y_100', identity: 'Y_100', line: '100,0' }
    expect(kindsOf({ ...history, kept: [...history.kept, stranger] })).toEqual(['foreign'])
    const ends = [{ partition: 0, latest: 21n, committed: 21n }]
    expect(kindsOf({ ...history, ends, logged: [...history.logged, { partition: 0, offset: 20n, key: 'Y_100', part: 0 }] })).toEqual(['foreign'])
    expect(kindsOf({ ...history, logged: history.logged.slice(0, -1) })).toEqual(['foreign'])
  })

  it('shows another content, or another key, than the source has', () => {
    const history = soundHistory()
    expect(kindsOf({ ...history, kept: history.kept.with(7, { ...history.kept[7]!, line: '107,50' }) })).toEqual(['changed'])
    expect(kindsOf({ ...history, kept: history.kept.with(19, { ...history.kept[19]!, key: 'X_200' }) })).toEqual(['changed'])
  })

  it('shows a certificate that says something else', () => {
    const history = soundHistory()
    const certificate = history.certificate!
    for (const other of [undefined, { ...certificate, complete: false }, { ...certificate, rows: 19 }, { ...certificate, checksum: checksum(['x']) }]) {
      expect(kindsOf({ ...history, certificate: other })).toEqual(['certificate'])
    }
  })

  it('shows what was committed and never written, and what was written and never read', () => {
    const history = soundHistory()
    const ends = (committed: bigint | undefined) => ({ ...history, ends: [{ partition: 0, latest: 20n, committed }] })
    expect(kindsOf(ends(21n))).toEqual(['offset ahead'])
    expect(kindsOf(ends(19n))).toEqual(['unread'])
    expect(kindsOf(ends(undefined))).toEqual(['unread'])
    // A zombie that sent the last five again when the queue had ended.
    expect(kindsOf({ ...history, logged: [...history.logged, ...history.logged.slice(-5).map((record, i) => ({ ...record, offset: BigInt(20 + i) }))], ends: [{ partition: 0, latest: 25n, committed: 20n }] })).toEqual([])
  })
})

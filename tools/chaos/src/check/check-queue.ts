import { createHash } from 'node:crypto'
import type { Finding, FindingKind, LoggedRecord, QueueHistory } from './history.ts'

/** What is wrong with one queue's history: every record of the source is stored exactly once, as it is, in order, and nothing else is. Pure. */
export function checkQueue(history: QueueHistory): Finding[] {
  const places = new Map(history.source.map(({ key }, place) => [key, place]))
  return [...checkStored(history, places), ...checkLog(history, places), ...checkCertificate(history), ...checkRead(history)]
}

const findingsOf = (where: string) => {
  const findings: Finding[] = []
  return { findings, find: (kind: FindingKind, detail: string) => findings.push({ kind, where, detail }) }
}

function checkStored({ queueId, source, kept }: QueueHistory, places: ReadonlyMap<string, number>): Finding[] {
  const { findings, find } = findingsOf(queueId)
  const times = new Map<string, number>()
  let last = -1
  for (const { key, identity, line } of kept) {
    const count = (times.get(identity) ?? 0) + 1
    times.set(identity, count)
    const place = places.get(identity)
    if (place === undefined) find('foreign', `stored under ${key}: ${line}`)
    else if (count > 1) find('doubled', `${identity} is stored ${count} times, once under ${key}`)
    else {
      if (key !== identity) find('changed', `${identity} is stored under ${key}`)
      if (line !== source[place]!.line) find('changed', `${key} is ${line}, the source says ${source[place]!.line}`)
      if (place < last) find('reordered', `${key} is stored after ${source[last]!.key}`)
      last = Math.max(last, place)
    }
  }
  for (const { key } of source) if (!times.has(key)) find('lost', key)
  return findings
}

/** Records may come again, but each for the first time after those before it: a loader that comes back starts at what it had sent, or before. */
function checkLog({ queueId, source, logged, kept }: QueueHistory, places: ReadonlyMap<string, number>): Finding[] {
  const { findings, find } = findingsOf(queueId)
  const seen = new Set<string>()
  const newest = new Map<string, { place: number; record: LoggedRecord }>()
  for (const record of logged) {
    const { key, partition, offset, part } = record
    if (seen.has(key)) continue
    seen.add(key)
    const place = places.get(key)
    if (place === undefined) {
      find('foreign', `${key} on the topic at ${partition}/${offset}`)
      continue
    }
    const before = newest.get(`${partition} ${part}`)
    if (before && place < before.place) find('reordered', `${key} at ${partition}/${offset} after ${source[before.place]!.key} at ${before.record.offset}`)
    else newest.set(`${partition} ${part}`, { place, record })
  }
  for (const { identity } of kept) if (places.has(identity) && !seen.has(identity)) find('foreign', `${identity} is stored and was never on the topic`)
  return findings
}

function checkCertificate({ queueId, certificate, source }: QueueHistory): Finding[] {
  const { findings, find } = findingsOf(queueId)
  const text = source.map(({ line }) => `${line}\n`).join('')
  const checksum = `sha256:${createHash('sha256').update(text).digest('hex')}`
  if (!certificate) find('certificate', 'there is none')
  else if (!certificate.complete) find('certificate', 'it is not complete')
  else if (certificate.rows !== source.length) find('certificate', `it counts ${certificate.rows} records, the source has ${source.length}`)
  else if (certificate.checksum !== checksum) find('certificate', `its checksum is ${certificate.checksum}, that of the source ${checksum}`)
  return findings
}

/** A zombie may go on sending when its queue has long ended: what lies unread then came before. */
function checkRead({ queueId, ends, logged }: QueueHistory): Finding[] {
  return ends.flatMap(({ partition, latest, committed = 0n }): Finding[] => {
    if (committed > latest) return [{ kind: 'offset ahead', where: queueId, detail: `partition ${partition} ends at ${latest}, committed is ${committed}` }]
    const own = logged.filter((record) => record.partition === partition)
    const read = new Set(own.filter(({ offset }) => offset < committed).map(({ key }) => key))
    const unread = own.find(({ offset, key }) => offset >= committed && !read.has(key))
    return unread ? [{ kind: 'unread', where: queueId, detail: `${unread.key} at ${partition}/${unread.offset}, committed is ${committed}` }] : []
  })
}

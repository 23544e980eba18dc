import { StreamForgeError } from '@streamforge/contracts'
import { assignPartitions, type OwnedPartition, type TopicPartition } from './assign-partitions.ts'
import type { CoordinationFile } from './coordination-file.ts'
import { isCertainlyGone, type ProcessIdentity } from './process-liveness.ts'

export interface Membership {
  group: string
  member: string
  topics: readonly string[]
}

interface MemberRow {
  member: string
  topics: string
  pid: number
  started_at: string
  host: string
  heartbeat_at: number
  session_timeout_ms: number
}

/** What one look at the group tells a member. */
export interface Reconciliation {
  generation: number
  owned: OwnedByMember[]
}

export interface OwnedByMember extends TopicPartition {
  /** Where to go on; undefined when the group has committed nothing here. */
  committed: number | undefined
  /** Another member shall have it: finish the batch in hand, then `release`. */
  surrender: boolean
}

/**
 * Consumer groups in groups.db. Whoever changes the membership settles at once which member each partition is meant for (`target`); a
 * partition has at most one `owner`, and changes hands only after the owner has released it or is gone. Members notice by the group's
 * generation, which grows with every such change. Member names are never used twice, so an owner's name is also its fencing token:
 * a member that was taken for dead finds that its commits change nothing.
 *
 * Every method is one transaction and may throw SQLite's busy error: run it in {@link withLockRetry}.
 */
export class GroupStore {
  readonly #file: CoordinationFile
  readonly #partitionsOf: (topic: string) => number

  constructor(file: CoordinationFile, partitionsOf: (topic: string) => number) {
    this.#file = file
    this.#partitionsOf = partitionsOf
  }

  generation(group: string): number {
    return this.#file.get<{ generation: number }>('SELECT generation FROM groups WHERE name = ?', group)?.generation ?? 0
  }

  /** @param alone puts all other members out */
  join(m: Membership, identity: ProcessIdentity, now: number, { sessionTimeoutMs, alone = false }: { sessionTimeoutMs: number; alone?: boolean }): void {
    this.#file.transaction(() => {
      this.#file.run('INSERT OR IGNORE INTO groups VALUES (?, 0)', m.group)
      this.#file.run('INSERT INTO members VALUES (?, ?, ?, ?, ?, ?, ?, ?)', m.group, m.member, JSON.stringify(m.topics),
        identity.pid, identity.startedAt, identity.host, now, sessionTimeoutMs)
      if (alone) this.#remove(m.group, this.#members(m.group).flatMap(({ member }) => (member === m.member ? [] : [member])))
      else this.#removeDead(m.group, now, m.member)
      this.#rebalance(m.group)
    })
  }

  /** False when the member has been taken for dead: it must stop what it does and join under a new name. */
  heartbeat(m: Membership, now: number): boolean {
    return this.#file.run('UPDATE members SET heartbeat_at = ? WHERE group_name = ? AND member = ?', now, m.group, m.member) === 1
  }

  leave(m: Membership): void {
    this.#file.transaction(() => {
      if (this.#remove(m.group, [m.member])) this.#rebalance(m.group)
    })
  }

  /** Removes members whose process is gone or who have been silent for longer than their session timeout. */
  expireDead(group: string, now: number, except?: string): void {
    if (this.#deadMembers(group, now, except).length === 0) return
    this.#file.transaction(() => {
      if (this.#removeDead(group, now, except)) this.#rebalance(group)
    })
  }

  #removeDead(group: string, now: number, except?: string): boolean {
    return this.#remove(group, this.#deadMembers(group, now, except))
  }

  #deadMembers(group: string, now: number, except?: string): string[] {
    return this.#members(group)
      .filter((row) => row.member !== except)
      .filter((row) => row.heartbeat_at + row.session_timeout_ms < now
        || isCertainlyGone({ pid: row.pid, startedAt: row.started_at, host: row.host }))
      .map((row) => row.member)
  }

  #members(group: string): MemberRow[] {
    return this.#file.all<MemberRow>('SELECT * FROM members WHERE group_name = ?', group)
  }

  #remove(group: string, members: readonly string[]): boolean {
    let removed = 0
    for (const member of members) {
      removed += this.#file.run('DELETE FROM members WHERE group_name = ? AND member = ?', group, member)
      this.#file.run('UPDATE ownership SET owner = NULL WHERE group_name = ? AND owner = ?', group, member)
    }
    return removed > 0
  }

  #rebalance(group: string): void {
    const subscribers = this.#members(group).map(({ member, topics }) => ({ member, topics: JSON.parse(topics) as string[] }))
    const owners = new Map(this.#file
      .all<TopicPartition & { owner: string | null }>('SELECT topic, partition, owner FROM ownership WHERE group_name = ?', group)
      .map(({ topic, partition, owner }) => [`${topic}/${partition}`, { topic, partition, owner: owner ?? undefined }]))
    const partitions = new Map<string, OwnedPartition>(owners)
    for (const topic of new Set(subscribers.flatMap((s) => s.topics))) {
      for (let partition = 0; partition < this.#partitionsOf(topic); partition++) {
        const key = `${topic}/${partition}`
        if (!partitions.has(key)) partitions.set(key, { topic, partition, owner: undefined })
      }
    }
    for (const { topic, partition, target } of assignPartitions([...partitions.values()], subscribers)) {
      this.#file.run(`INSERT INTO ownership VALUES (?, ?, ?, NULL, ?)
        ON CONFLICT DO UPDATE SET target = excluded.target WHERE target IS NOT excluded.target`, group, topic, partition, target ?? null)
    }
    this.#file.run('DELETE FROM ownership WHERE group_name = ? AND owner IS NULL AND target IS NULL', group)
    this.#nextGeneration(group)
  }

  #nextGeneration(group: string): void {
    this.#file.run('UPDATE groups SET generation = generation + 1 WHERE name = ?', group)
  }

  /** Takes what is meant for the member and free, and tells what it then owns. */
  reconcile(m: Membership): Reconciliation {
    return this.#file.transaction(() => {
      const rows = this.#file.all<TopicPartition & { owner: string | null; target: string | null }>(
        'SELECT topic, partition, owner, target FROM ownership WHERE group_name = ? AND (owner = ? OR target = ?) ORDER BY topic, partition',
        m.group, m.member, m.member)
      const free = rows.filter((row) => row.owner === null)
      for (const { topic, partition } of free) {
        this.#file.run('UPDATE ownership SET owner = ? WHERE group_name = ? AND topic = ? AND partition = ?',
          m.member, m.group, topic, partition)
      }
      const owned = rows.filter((row) => row.owner === null || row.owner === m.member)
      return {
        generation: this.generation(m.group),
        owned: owned.map(({ topic, partition, target }) =>
          ({ topic, partition, committed: this.committed(m.group, topic, partition), surrender: target !== m.member })),
      }
    })
  }

  release(m: Membership, { topic, partition }: TopicPartition): void {
    this.#file.transaction(() => {
      const released = this.#file.run(
        'UPDATE ownership SET owner = NULL WHERE group_name = ? AND topic = ? AND partition = ? AND owner = ?',
        m.group, topic, partition, m.member)
      if (released > 0) this.#nextGeneration(m.group)
    })
  }

  /** @throws StreamForgeError NOT_PARTITION_OWNER when the member has lost the partition: nothing is committed then */
  commit(m: Membership, { topic, partition }: TopicPartition, offset: number): void {
    const changed = this.#file.run(`INSERT INTO offsets
      SELECT group_name, topic, partition, ? FROM ownership WHERE group_name = ? AND topic = ? AND partition = ? AND owner = ?
      ON CONFLICT DO UPDATE SET committed = excluded.committed`, offset, m.group, topic, partition, m.member)
    if (changed === 1) return
    throw new StreamForgeError('NOT_PARTITION_OWNER',
      `group '${m.group}' has given partition ${partition} of '${topic}' to another member: offset ${offset} was not committed`, {
        remedy: 'Nothing to do: the new owner is delivered these messages again',
        details: { group: m.group, topic, partition, offset: String(offset) },
      })
  }

  committed(group: string, topic: string, partition: number): number | undefined {
    return this.#file.get<{ committed: number }>(
      'SELECT committed FROM offsets WHERE group_name = ? AND topic = ? AND partition = ?', group, topic, partition)?.committed
  }

  /** @throws StreamForgeError CONFLICT while the group has members */
  setOffsets(group: string, offsets: readonly (TopicPartition & { offset: number })[], now: number): void {
    this.#file.transaction(() => {
      this.#requireEmpty(group, now)
      this.#file.run('INSERT OR IGNORE INTO groups VALUES (?, 0)', group)
      for (const { topic, partition, offset } of offsets) {
        this.#file.run('INSERT OR REPLACE INTO offsets VALUES (?, ?, ?, ?)', group, topic, partition, offset)
      }
    })
  }

  /** @throws StreamForgeError CONFLICT while the group has members */
  deleteGroup(group: string, now: number): void {
    this.#file.transaction(() => {
      this.#requireEmpty(group, now)
      for (const table of ['offsets', 'ownership']) this.#file.run(`DELETE FROM ${table} WHERE group_name = ?`, group)
      this.#file.run('DELETE FROM groups WHERE name = ?', group)
    })
  }

  #requireEmpty(group: string, now: number): void {
    this.#removeDead(group, now)
    const members = this.#members(group).length
    if (members === 0) return
    throw new StreamForgeError('CONFLICT', `group '${group}' has ${members} member${members === 1 ? '' : 's'}`, {
      remedy: 'Stop the services that consume in this group, then try again', details: { group, members },
    })
  }

  /** Groups that have a part in the topic now, or have committed offsets of it. */
  groupsOf(topic: string): string[] {
    return this.#file.all<{ name: string }>(
      'SELECT group_name AS name FROM offsets WHERE topic = ? UNION SELECT group_name FROM ownership WHERE topic = ? ORDER BY 1', topic, topic,
    ).map(({ name }) => name)
  }

  list(now: number): { group: string; members: number }[] {
    return this.#file.all<{ name: string }>('SELECT name FROM groups ORDER BY name').map(({ name }) => {
      const dead = new Set(this.#deadMembers(name, now))
      return { group: name, members: this.#members(name).filter(({ member }) => !dead.has(member)).length }
    })
  }
}

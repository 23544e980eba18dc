import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { StreamForgeError, TopicName } from '@streamforge/contracts'
import type { TopicConfig } from '../bus.ts'
import type { CoordinationFile } from './coordination-file.ts'
import { isMissingFile } from './sqlite.ts'
import { createTopicFile, TopicLog } from './topic-log.ts'

interface TopicRow {
  name: string
  file: string
  partitions: number
  retention_ms: number | null
}

const companions = ['', '-wal', '-shm', '-journal']

/**
 * Which topics there are. A topic's file carries a suffix of its own, so that a topic made again under an old name never meets the files
 * of its predecessor, which other processes may still have open.
 */
export class TopicRegistry {
  readonly #file: CoordinationFile

  constructor(file: CoordinationFile) {
    this.#file = file
  }

  /** True when the topic was made, false when it was there. Run it in {@link withLockRetry}. */
  create(topic: TopicConfig): boolean {
    checkTopicConfig(topic)
    return this.#file.transaction(() => {
      const found = this.#find(topic.name)
      if (found !== undefined && this.#isAlive(found)) return false
      // The name is cut because file systems allow 255 bytes, and SQLite appends to it.
      const file = `${topic.name.slice(0, 200)}.${randomBytes(4).toString('hex')}.db`
      createTopicFile(this.#path(file), topic.partitions, this.#file.synchronous)
      this.#file.run('INSERT OR REPLACE INTO topics VALUES (?, ?, ?, ?)', topic.name, file, topic.partitions, topic.retentionMs ?? null)
      return true
    })
  }

  /** A topic whose deletion was cut short by its process's death is gone, and its name free. */
  #isAlive(row: TopicRow): boolean {
    const log = this.#openRow(row)
    log?.close()
    return log !== undefined
  }

  names(): string[] {
    return this.#file.all<{ name: string }>('SELECT name FROM topics ORDER BY name').map(({ name }) => name)
  }

  partitionsOf(name: string): number {
    return this.#find(name)?.partitions ?? 0
  }

  /** Opens a topic's file. @throws StreamForgeError TOPIC_NOT_FOUND */
  open(name: string): TopicLog {
    const row = this.#find(name)
    const log = row === undefined ? undefined : this.#openRow(row)
    if (log === undefined) throw topicNotFound(name)
    return log
  }

  /** @throws StreamForgeError TOPIC_NOT_FOUND */
  delete(name: string): void {
    const row = this.#find(name)
    if (row === undefined) throw topicNotFound(name)
    // First the mark inside the file, which stops publishers and readers that have it open; then what points to it; then the file.
    const log = this.#openRow(row)
    log?.markDeleted()
    log?.close()
    this.#file.transaction(() => {
      if (this.#file.run('DELETE FROM topics WHERE name = ? AND file = ?', name, row.file) === 0) return
      this.#file.run(`UPDATE groups SET generation = generation + 1
        WHERE name IN (SELECT group_name FROM ownership WHERE topic = ?)`, name)
      this.#file.run('DELETE FROM ownership WHERE topic = ?', name)
      this.#file.run('DELETE FROM offsets WHERE topic = ?', name)
    })
    for (const companion of companions) this.#unlink(row.file + companion)
  }

  /** Removes files that no topic points to: left by a process that died while making or deleting one. */
  removeOrphans(): void {
    this.#file.transaction(() => {
      const known = new Set(this.#file.all<{ file: string }>('SELECT file FROM topics').map(({ file }) => file))
      for (const entry of readdirSync(join(this.#file.directory, 'topics'))) {
        const file = entry.replace(/-(wal|shm|journal)$/, '')
        if (/\.[0-9a-f]{8}\.db$/.test(file) && !known.has(file)) this.#unlink(entry)
      }
    })
  }

  #find(name: string): TopicRow | undefined {
    return this.#file.get<TopicRow>('SELECT name, file, partitions, retention_ms FROM topics WHERE name = ?', name)
  }

  #openRow(row: TopicRow): TopicLog | undefined {
    const path = this.#path(row.file)
    if (!existsSync(path)) return undefined
    try {
      const topic = { name: row.name, path, partitions: row.partitions, retentionMs: row.retention_ms ?? undefined }
      const log = new TopicLog(topic, this.#file.synchronous)
      if (!log.deleted) return log
      log.close()
      return undefined
    } catch (error) {
      if (isMissingFile(error)) return undefined
      throw error
    }
  }

  /** Some systems do not let go of a file that another process has open; {@link removeOrphans} removes it another time. */
  #unlink(file: string): void {
    try {
      rmSync(this.#path(file), { force: true })
    } catch {
      // As above.
    }
  }

  #path(file: string): string {
    return join(this.#file.directory, 'topics', file)
  }
}

function checkTopicConfig({ name, partitions }: TopicConfig): void {
  if (!TopicName.safeParse(name).success) {
    throw new StreamForgeError('INVALID_FIELD', `topic name '${name}' is not allowed: expected 1 to 249 letters, digits, '.', '_' or '-'`)
  }
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > 10_000) {
    throw new StreamForgeError('INVALID_FIELD', `topic '${name}' cannot have ${partitions} partitions: expected a whole number from 1 to 10000`)
  }
}

export function topicNotFound(name: string): StreamForgeError {
  return new StreamForgeError('TOPIC_NOT_FOUND', `topic '${name}' does not exist`, {
    remedy: "'streamforge topics list' shows the topics there are; one that was deleted with its workflow does not come back",
    details: { topic: name },
  })
}

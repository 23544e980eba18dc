import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { closingOnError, openDatabase, type Synchronous, transaction } from './sqlite.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS topics (
    name TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    partitions INTEGER NOT NULL,
    retention_ms INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS groups (
    name TEXT PRIMARY KEY,
    generation INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS members (
    group_name TEXT NOT NULL,
    member TEXT NOT NULL,
    topics TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    host TEXT NOT NULL,
    heartbeat_at REAL NOT NULL,
    session_timeout_ms INTEGER NOT NULL,
    PRIMARY KEY (group_name, member)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS ownership (
    group_name TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    owner TEXT,
    target TEXT,
    PRIMARY KEY (group_name, topic, partition)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS offsets (
    group_name TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    committed INTEGER NOT NULL,
    PRIMARY KEY (group_name, topic, partition)
  ) STRICT;`

/**
 * groups.db: which topics there are and where their files lie, and each group's members, ownership and offsets. Every process that
 * uses the bus has it open; a write transaction on it is what makes creating a topic, taking a partition and committing atomic.
 */
export class CoordinationFile {
  readonly directory: string
  readonly synchronous: Synchronous
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  constructor(directory: string, synchronous: Synchronous) {
    this.directory = directory
    this.synchronous = synchronous
    mkdirSync(join(directory, 'topics'), { recursive: true })
    this.#database = openDatabase(join(directory, 'groups.db'), { synchronous, create: true })
    closingOnError(this.#database, () => transaction(this.#database, () => this.#database.exec(schema)))
  }

  /** The statement of this text, prepared once. */
  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) this.#statements.set(sql, statement = this.#database.prepare(sql))
    return statement
  }

  all<Row>(sql: string, ...values: (string | number | null)[]): Row[] {
    return this.#prepare(sql).all(...values) as Row[]
  }

  get<Row>(sql: string, ...values: (string | number | null)[]): Row | undefined {
    return this.#prepare(sql).get(...values) as Row | undefined
  }

  /** Resolves to the number of rows changed. */
  run(sql: string, ...values: (string | number | null)[]): number {
    return Number(this.#prepare(sql).run(...values).changes)
  }

  transaction<T>(work: () => T): T {
    return transaction(this.#database, work)
  }

  close(): void {
    this.#database.close()
  }
}

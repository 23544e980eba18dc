import { cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Checkpointer } from './checkpointer.ts'
import { openEmbeddedBus } from './embedded-bus.ts'

let directory: string
beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'sf-checkpointer-')) })
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Rows that are in the file itself, whatever its log holds. */
async function rowsInFile(path: string): Promise<number> {
  const copy = `${path}.copy`
  await cp(path, copy)
  const database = new DatabaseSync(copy)
  try {
    return database.prepare('SELECT count(*) AS rows FROM t').get()!['rows'] as number
  } finally {
    database.close()
  }
}

describe('Checkpointer', () => {
  it('brings what was committed into the file, again and again', async () => {
    const path = join(directory, 'a.db')
    const database = new DatabaseSync(path)
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0')
    const checkpointer = new Checkpointer()
    for (const rows of [1, 2]) {
      database.exec('INSERT INTO t VALUES (1)')
      expect(await rowsInFile(path)).toBe(rows - 1)
      await checkpointer.run(path)
      expect(await rowsInFile(path)).toBe(rows)
    }
    await checkpointer.close()
    database.close()
  })

  it('does nothing, and makes nothing, where there is no such file, and after it was closed', async () => {
    const checkpointer = new Checkpointer()
    await checkpointer.run(join(directory, 'none.db'))
    await checkpointer.close()
    await checkpointer.run(join(directory, 'none.db'))
    expect(await readdir(directory)).toEqual([])
  })
})

describe('a topic that is appended to all the time', () => {
  it('keeps its log small, and loses nothing', async () => {
    const bus = await openEmbeddedBus({ directory })
    await bus.admin.createTopic({ name: 't', partitions: 1 })
    const appends = 1_800
    let largest = 0
    const logSize = async () => {
      const names = (await readdir(join(directory, 'topics'))).filter((name) => name.endsWith('-wal'))
      return (await stat(join(directory, 'topics', names[0]!))).size
    }
    for (let n = 0; n < appends; n++) {
      await bus.publish('t', [{ key: 'k', value: String(n), partition: 0 }])
      if (n % 100 === 0) largest = Math.max(largest, await logSize())
    }
    // Every append writes a page of 32 KiB at least: without being begun anew the log would come to 56 MiB.
    expect(largest).toBeLessThan(48 * 1024 * 1024)
    const messages = await bus.admin.peek('t', { partition: 0, limit: appends + 1 })
    expect(messages.map(({ value }) => Number(value.toString()))).toEqual(Array.from({ length: appends }, (_, n) => n))
    await bus.close()
  })
})

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { candle, expectCode, minute, start } from '../contract/suite.ts'
import { openEmbeddedSeries } from './open-embedded-series.ts'

let directory: string
let file: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-series-'))
  file = join(directory, 'series.db')
})
afterEach(() => rm(directory, { recursive: true }))

const all = { measurement: 'candles', from: start, to: start + 1_000_000 * minute, limit: 1_000_000 } as const

it('keeps what was written when the writer is killed, and whole transactions only', async () => {
  const writer = fork(join(import.meta.dirname, 'writer-to-kill.ts'), [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const acknowledged = await killAfter(writer, 3)
  const series = await openEmbeddedSeries({ file })
  const rows = await series.query({ ...all, fields: ['close'] })
  expect(rows.length).toBeGreaterThanOrEqual(acknowledged * 100)
  expect(rows.length % 100).toBe(0)
  expect(rows.map((row) => (row.time - start) / minute)).toEqual(rows.map((_, i) => i))
  await series.close()
})

/** @returns how many batches it had acknowledged */
async function killAfter(writer: ChildProcess, batches: number): Promise<number> {
  let acknowledged = 0
  const enough = new Promise<void>((resolve) => writer.on('message', () => { if (++acknowledged >= batches) resolve() }))
  await enough
  writer.kill('SIGKILL')
  await once(writer, 'exit')
  return acknowledged
}

it('deletes what is older than it is to keep', async () => {
  const series = await openEmbeddedSeries({ file })
  await series.writePoints(Array.from({ length: 100 }, (_, i) => candle('BTCUSDT', i)))
  await series.keepFor(undefined, start + 1_000_000 * minute)
  expect(await series.query(all)).toHaveLength(100)
  await series.keepFor(30 * minute, start + 100 * minute)
  expect((await series.query(all)).map((row) => (row.time - start) / minute)).toEqual(Array.from({ length: 30 }, (_, i) => 70 + i))
  await series.close()
})

it('adds the columns that a file of an older release lacks', async () => {
  const old = new DatabaseSync(file)
  old.exec('CREATE TABLE m_candles (series INTEGER NOT NULL, time INTEGER NOT NULL, sub INTEGER NOT NULL, "close" REAL, PRIMARY KEY (series, time, sub)) WITHOUT ROWID')
  old.close()
  const series = await openEmbeddedSeries({ file })
  await series.writePoints([candle('BTCUSDT', 1)])
  expect((await series.query(all))[0]!.fields).toEqual({ open: 11, high: 21, low: 5.25, close: 12, volume: 1.5, trade_count: 1 })
  await series.close()
})

it('waits for a file that another holds, and says who when it takes too long', async () => {
  const series = await openEmbeddedSeries({ file, patienceMs: 60 })
  const other = new DatabaseSync(file)
  other.exec('BEGIN IMMEDIATE')
  await expectCode('STORE_CONFLICT', series.writePoints([candle('BTCUSDT', 1)]))
  other.exec('ROLLBACK')
  await series.writePoints([candle('BTCUSDT', 1)])
  other.close()
  await series.close()
})

it('says that a file is none of its', async () => {
  await writeFile(file, 'a text'.repeat(1_000))
  await expectCode('STORE_UNAVAILABLE', openEmbeddedSeries({ file }))
})

import { rememberedAnswerMs } from '@streamforge/contracts'
import type { Database } from './database.ts'

export const CREATE_ANSWERS = `
  CREATE TABLE IF NOT EXISTS answered_requests (id TEXT PRIMARY KEY NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS answered_requests_at ON answered_requests (at)`

/** Runs `work` in a transaction. What is written in several transactions numbers them from 0. */
export type Transact = <T>(work: () => T, part: number) => Promise<T>

/** Old answers are forgotten once in so many requests. */
const FORGET_EVERY = 128

/**
 * Transactions of requests that may come again: what a transaction came to is stored together with its effects, so that the second time
 * it is only said again. That holds over the death of the process too.
 */
export function answeredRequests(database: Database, now: () => number): (requestId: string) => Transact {
  let answered = 0
  return (requestId) => (work, part) => database.write(() => {
    const id = `${requestId}/${part}`
    const known = database.statement('SELECT answer FROM answered_requests WHERE id = ?').get(id)
    if (known) return JSON.parse(known.answer as string) as ReturnType<typeof work>
    const answer = work()
    database.statement('INSERT INTO answered_requests (id, answer, at) VALUES (?, ?, ?)').run(id, JSON.stringify(answer ?? null), now())
    if (answered++ % FORGET_EVERY === 0) forgetOld(database, now())
    return answer
  })
}

/** Twice as late as anybody asks: clocks are set back and forth. */
function forgetOld(database: Database, now: number): void {
  database.statement('DELETE FROM answered_requests WHERE at < ?').run(now - 2 * rememberedAnswerMs)
}

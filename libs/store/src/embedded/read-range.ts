import type { SQLInputValue } from 'node:sqlite'
import type { KeyRange } from '../store.ts'
import { table } from './collections.ts'
import type { Database } from './database.ts'

/** A count looks at so many keys a step, so that the event loop goes on meanwhile. */
const COUNT_STEP = 50_000

function rangeSql(range: KeyRange, after: string | undefined): { filter: string; parameters: SQLInputValue[] } {
  const conditions: string[] = []
  const parameters: SQLInputValue[] = []
  const add = (condition: string, value: string | undefined) => {
    if (value === undefined) return
    conditions.push(condition)
    parameters.push(value)
  }
  if (after === undefined) add('key >= ?', range.from)
  else add('key > ?', after)
  add('key < ?', range.to)
  return { filter: conditions.length > 0 ? ` WHERE ${conditions.join(' AND ')}` : '', parameters }
}

/** Pages of bodies in key order. No transaction stays open between pages: a slow reader hinders no writer. */
export async function* readPages(database: Database, collection: string, range: KeyRange, pageSize: number): AsyncGenerator<string[]> {
  let after: string | undefined
  for (;;) {
    const { filter, parameters } = rangeSql(range, after)
    const rows = await database.read(() =>
      database.statement(`SELECT key, body FROM ${table(collection)}${filter} ORDER BY key LIMIT ?`).all(...parameters, pageSize))
    if (rows.length > 0) yield rows.map(({ body }) => body as string)
    if (rows.length < pageSize) return
    after = rows.at(-1)!.key as string
    await new Promise(setImmediate)
  }
}

/** A page is read in steps of so many documents, so that the event loop goes on meanwhile and large documents end it early. */
const PAGE_STEP = 500

/** A part of a range in key order: `limit` documents, or fewer when their text reaches `characters`. */
export async function readPage(
  database: Database, collection: string, range: KeyRange & { after?: string | undefined }, size: { limit: number; characters: number },
): Promise<{ bodies: string[]; more: boolean }> {
  const bodies: string[] = []
  let { after } = range
  for (let characters = 0; ;) {
    const wanted = Math.min(PAGE_STEP, size.limit - bodies.length)
    const { filter, parameters } = rangeSql(range, after)
    const rows = await database.read(() =>
      database.statement(`SELECT key, body FROM ${table(collection)}${filter} ORDER BY key LIMIT ?`).all(...parameters, wanted))
    for (const { body } of rows) {
      bodies.push(body as string)
      characters += (body as string).length
    }
    if (rows.length < wanted) return { bodies, more: false }
    if (bodies.length >= size.limit || characters >= size.characters) return { bodies, more: true }
    after = rows.at(-1)!.key as string
    await new Promise(setImmediate)
  }
}

export async function countKeys(database: Database, collection: string, range: KeyRange): Promise<number> {
  let total = 0
  let after: string | undefined
  for (;;) {
    const { filter, parameters } = rangeSql(range, after)
    const row = await database.read(() =>
      database.statement(`SELECT count(*) AS n, max(key) AS last FROM (SELECT key FROM ${table(collection)}${filter} ORDER BY key LIMIT ?)`)
        .get(...parameters, COUNT_STEP)!)
    total += row.n as number
    if ((row.n as number) < COUNT_STEP) return total
    after = row.last as string
    await new Promise(setImmediate)
  }
}

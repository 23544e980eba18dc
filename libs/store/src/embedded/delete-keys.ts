import type { Transact } from './answered-requests.ts'
import { kindOf, table } from './collections.ts'
import type { Database } from './database.ts'

/** Other writers wait while a transaction deletes so many. */
const LARGEST_TRANSACTION = 5000

/** Resolves with how many existed. @throws StreamForgeError COLLECTION_NOT_FOUND */
export async function deleteKeys(database: Database, collection: string, keys: readonly string[], transact: Transact): Promise<number> {
  await database.read(() => kindOf(database, collection))
  let deleted = 0
  for (let start = 0; start < keys.length; start += LARGEST_TRANSACTION) {
    const part = keys.slice(start, start + LARGEST_TRANSACTION)
    deleted += await transact(() => deletePart(database, collection, part), start / LARGEST_TRANSACTION)
  }
  return deleted
}

function deletePart(database: Database, collection: string, keys: readonly string[]): number {
  const statement = database.statement(`DELETE FROM ${table(collection)} WHERE key = ?`)
  return keys.reduce((sum, key) => sum + Number(statement.run(key).changes), 0)
}

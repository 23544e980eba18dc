import { StreamForgeError } from '@streamforge/contracts'
import { refusal } from '../document-rules.ts'
import { serialise } from '../serialise.ts'
import type { StoredDocument } from '../store.ts'
import { kindOf, table } from './collections.ts'
import type { Database } from './database.ts'

/** Inside a transaction: replaces the document if its version is the one expected. @throws StreamForgeError STORE_REJECTED, COLLECTION_NOT_FOUND */
export function setVersion(database: Database, collection: string, document: StoredDocument & { version: number }, expected: number): boolean {
  const reason = refusal(document, kindOf(database, collection))
  const body = reason === undefined ? serialise(document) : { reason }
  if (typeof body !== 'string') throw new StreamForgeError('STORE_REJECTED', `document '${document._key}' was refused: ${body.reason}`)
  const { changes } = expected === 0
    ? database.statement(`INSERT INTO ${table(collection)} (key, body) VALUES (?, ?) ON CONFLICT DO NOTHING`).run(document._key, body)
    : database.statement(`UPDATE ${table(collection)} SET body = ? WHERE key = ? AND json_extract(body, '$."version"') = ?`)
      .run(body, document._key, expected)
  return Number(changes) === 1
}

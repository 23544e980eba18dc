import { StreamForgeError } from '@streamforge/contracts'
import { isDocumentKey } from '../document-rules.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isPassing } from './errors.ts'
import { sendBulk } from './send-bulk.ts'

const LARGEST_REQUEST = 5000

/** Resolves with how many existed. What met a conflict is sent again. */
export async function deleteDocuments(connection: Connection, collection: string, keys: readonly string[]): Promise<number> {
  const distinct = [...new Set(keys)].filter(isDocumentKey)
  let deleted = 0
  for (let start = 0; start < distinct.length; start += LARGEST_REQUEST) {
    deleted += await deleteAll(connection, collection, distinct.slice(start, start + LARGEST_REQUEST))
  }
  return deleted
}

async function deleteAll(connection: Connection, collection: string, keys: string[]): Promise<number> {
  const startedAt = performance.now()
  let deleted = 0
  for (let attempt = 0; keys.length > 0; attempt++) {
    if (attempt > 0) await connection.backOff(attempt, startedAt, `deleting from '${collection}'`)
    const answers = await sendBulk(connection, collection, { method: 'DELETE', body: JSON.stringify(keys) })
    if (answers === undefined) continue
    const again: string[] = []
    answers.forEach((answer, i) => {
      if (answer.error !== true) deleted++
      else if (isPassing(answer.errorNum)) again.push(keys[i]!)
      else if (answer.errorNum !== errorNumber.documentNotFound) {
        throw new StreamForgeError('STORE_REJECTED', `'${keys[i]}' of '${collection}' cannot be deleted: ${answer.errorMessage}`, { details: { errorNum: answer.errorNum } })
      }
    })
    keys = again
  }
  return deleted
}

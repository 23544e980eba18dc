import { givesWay, replaces } from '../replaces.ts'
import type { WriteOptions, WriteResult } from '../store.ts'
import type { Connection } from './connection.ts'
import { errorNumber, isPassing } from './errors.ts'
import { countVersions, lastStanding, withoutSystemFields, type PlannedWrite } from './planned-write.ts'
import { sendBulk, type Answer } from './send-bulk.ts'

type Stored = Record<string, unknown> & { _rev: string }

/** A write whose key exists, over the revision that was read. */
interface Replacement {
  write: PlannedWrite
  old: Stored
}

/**
 * Writes documents that give way to better ones. New ones, the common case, are inserted. Of the others the stored documents are read, and
 * those that need not be spared are replaced at the very revision that was read: what another writer does in between makes it begin anew.
 */
export async function writeYielding(
  connection: Connection, collection: string, writes: readonly PlannedWrite[], options: WriteOptions & { yields: string }, result: WriteResult,
): Promise<void> {
  const startedAt = performance.now()
  let left = [...writes]
  for (let attempt = 0; left.length > 0; attempt++) {
    if (attempt > 0) await connection.backOff(attempt, startedAt, `writing to '${collection}'`)
    const { existing, again } = await insertNew(connection, collection, left, options, result)
    left = [...again, ...await replaceExisting(connection, collection, existing, options, result)]
  }
}

async function insertNew(
  connection: Connection, collection: string, writes: readonly PlannedWrite[], options: WriteOptions, result: WriteResult,
): Promise<{ existing: PlannedWrite[]; again: PlannedWrite[] }> {
  const answers = await sendBulk(connection, collection, {
    method: 'POST', body: `[${writes.map(({ versions }) => lastStanding(versions)).join(',')}]`, search: { overwriteMode: 'conflict', returnOld: 'false' },
  })
  const existing: PlannedWrite[] = []
  const again = writes.filter((write, i) => {
    const answer = answers?.[i]
    if (answer?.error && answer.errorNum === errorNumber.uniqueConstraint) existing.push(write)
    else return !settle(write, answer, undefined, options, result)
    return false
  })
  return { existing, again }
}

/** Resolves with the writes that have to begin anew. */
async function replaceExisting(
  connection: Connection, collection: string, writes: readonly PlannedWrite[], options: WriteOptions & { yields: string }, result: WriteResult,
): Promise<PlannedWrite[]> {
  if (writes.length === 0) return []
  const read = await sendBulk(connection, collection, { method: 'PUT', body: JSON.stringify(writes.map(({ key }) => key)), search: { onlyget: 'true' } })
  const again: PlannedWrite[] = []
  const replacements: Replacement[] = []
  writes.forEach((write, i) => {
    const old = read?.[i] as (Answer & Partial<Stored>) | undefined
    if (old === undefined || old.error) again.push(write)
    else if (mayReplace(write, old as Stored, options.yields)) replacements.push({ write, old: old as Stored })
    else countVersions(old as Stored, write.versions, options, result)
  })
  return [...again, ...await replaceAll(connection, collection, replacements, options, result)]
}

const mayReplace = ({ versions }: PlannedWrite, old: Stored, yields: string) =>
  givesWay(old, yields) && replaces(JSON.parse(lastStanding(versions)), withoutSystemFields(old), yields)

async function replaceAll(
  connection: Connection, collection: string, replacements: readonly Replacement[], options: WriteOptions, result: WriteResult,
): Promise<PlannedWrite[]> {
  if (replacements.length === 0) return []
  const answers = await sendBulk(connection, collection, {
    method: 'PUT', search: { ignoreRevs: 'false', returnOld: 'false' },
    body: JSON.stringify(replacements.map(({ write, old }) => ({ ...JSON.parse(lastStanding(write.versions)) as object, _rev: old._rev }))),
  })
  return replacements.filter(({ write, old }, i) => !settle(write, answers?.[i], old, options, result)).map(({ write }) => write)
}

/** Adds a write's outcome to the result; false when it has to begin anew. */
function settle(write: PlannedWrite, answer: Answer | undefined, old: Stored | undefined, options: WriteOptions, result: WriteResult): boolean {
  if (answer === undefined) return false
  if (answer.error !== true) countVersions(old, write.versions, options, result)
  else if (isPassing(answer.errorNum) || answer.errorNum === errorNumber.documentNotFound) return false
  else result.rejected.push(...write.versions.map(() => ({ key: write.key, reason: `${answer.errorMessage} (${answer.errorNum})` })))
  return true
}

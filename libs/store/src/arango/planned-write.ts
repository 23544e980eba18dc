import { replaces } from '../replaces.ts'
import type { WriteOptions, WriteResult } from '../store.ts'

/** All documents of a request with the same key, in order, as JSON text. */
export interface PlannedWrite {
  key: string
  versions: Version[]
}

export interface Version {
  json: string
  /** A copy of less worth, see WriteOptions. */
  givesWay: boolean
}

/** The version that is left when all are written one after another over nothing. */
export function lastStanding(versions: readonly Version[]): string {
  return (versions.findLast(({ givesWay }) => !givesWay) ?? versions.at(-1)!).json
}

/** Counts as if the versions had been written one after another over `old`. */
export function countVersions(
  old: Record<string, unknown> | undefined, versions: readonly Version[], { overwrite = true, yields }: WriteOptions, result: WriteResult,
): void {
  let before: unknown = old && withoutSystemFields(old)
  for (const { json } of versions) {
    if (before === undefined) {
      result.created++
      before = versions.length > 1 ? JSON.parse(json) : json
      continue
    }
    const version: unknown = JSON.parse(json)
    if (overwrite && replaces(version, before, yields)) {
      result.updated++
      before = version
    } else result.unchanged++
  }
}

/** A document as the port knows it: without the fields that the server adds. */
export function withoutSystemFields<T extends object>(document: T): Omit<T, '_id' | '_rev'> {
  const { _id, _rev, ...rest } = document as T & { _id?: unknown; _rev?: unknown }
  return rest
}

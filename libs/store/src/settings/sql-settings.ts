import { SettingKind, StreamForgeError } from '@streamforge/contracts'
import type { SettingsStore, StoredSetting } from './settings-store.ts'
import type { Row, SqlDatabase } from './sql-database.ts'

/** Settings of one kind that an owner may have. */
export const LARGEST_COUNT = 200

const columns = 'kind, name, version, CAST(value AS text) AS value, updated_at'
const one = 'owner = $1 AND kind = $2 AND name = $3'

/** Of a deleted setting its version stays, and goes on from there. */
const create = (json: string) => `
  INSERT INTO streamforge_settings (owner, kind, name, version, value, updated_at)
  SELECT CAST($1 AS text), CAST($2 AS text), CAST($3 AS text), 1, ${json}, CAST($5 AS bigint)
  WHERE (SELECT count(*) FROM streamforge_settings WHERE owner = $1 AND kind = $2 AND value IS NOT NULL) < ${LARGEST_COUNT}
  ON CONFLICT (owner, kind, name) DO UPDATE
    SET version = streamforge_settings.version + 1, value = excluded.value, updated_at = excluded.updated_at
    WHERE streamforge_settings.value IS NULL
  RETURNING ${columns}`
const replace = `
  UPDATE streamforge_settings SET version = version + 1, value = $4, updated_at = $5
  WHERE ${one} AND version = $6 AND value IS NOT NULL RETURNING ${columns}`
const remove = `
  UPDATE streamforge_settings SET version = version + 1, value = NULL, updated_at = $4
  WHERE ${one} AND version = $5 AND value IS NOT NULL RETURNING version`

/** The port over a database whose tables are up to date: every method is one statement, so that nothing comes between. */
export function sqlSettings(database: SqlDatabase, now: () => number): SettingsStore {
  // SQLite knows no such type: its text is checked by the table.
  const creation = create(database.kind === 'postgres' ? 'CAST($4 AS json)' : '$4')
  const find = async (owner: string, kind: SettingKind, name: string) => {
    const [row] = await database.query(`SELECT ${columns} FROM streamforge_settings WHERE ${one} AND value IS NOT NULL`, [owner, kind, name])
    return row && settingOf(row)
  }
  return {
    kind: database.kind,
    get: find,
    list: async (owner, kind) => (await database.query(
      `SELECT ${columns} FROM streamforge_settings WHERE owner = $1 AND kind = $2 AND value IS NOT NULL ORDER BY name`, [owner, kind],
    )).map(settingOf),
    async put(owner, { kind, name, value }, expected) {
      const text = JSON.stringify(value)
      const [row] = expected === 0
        ? await database.query(creation, [owner, kind, name, text, now()])
        : await database.query(replace, [owner, kind, name, text, now(), expected])
      if (row) return settingOf(row)
      const found = await find(owner, kind, name)
      if (expected !== 0 || found) throw changed(kind, name, expected, found)
      throw new StreamForgeError('STORE_REJECTED', `there are ${LARGEST_COUNT} settings of the kind ${kind} already`, { remedy: 'delete one first' })
    },
    async delete(owner, kind, name, expected) {
      const deleted = await database.query(remove, [owner, kind, name, now(), expected])
      if (deleted.length > 0) return true
      const found = await find(owner, kind, name)
      if (found) throw changed(kind, name, expected, found)
      return false
    },
    close: () => database.close(),
  }
}

function settingOf(row: Row): StoredSetting {
  return {
    kind: SettingKind.parse(row.kind), name: String(row.name), version: Number(row.version), updatedAt: Number(row.updated_at),
    value: JSON.parse(String(row.value)) as unknown,
  }
}

function changed(kind: SettingKind, name: string, expected: number, found: StoredSetting | undefined): StreamForgeError {
  const is = found ? `has version ${found.version}` : 'is not there'
  return new StreamForgeError('CONFLICT', `the ${kind} '${name}' ${is}, where ${expected === 0 ? 'none' : `version ${expected}`} was expected`, {
    remedy: 'read it again, and change what you find', details: { version: found?.version ?? 0 },
  })
}

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectSettings } from './connect-settings.ts'
import { migrationsContract } from './migrations-contract.ts'
import { readMigrations } from './migrations.ts'
import { settingsContract } from './settings-contract.ts'
import { openSqliteDatabase } from './sqlite-database.ts'

let directory = ''
let files = 0
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-settings-'))
})
afterAll(() => rm(directory, { recursive: true }))

settingsContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'streamforge-settings-'))
  return {
    open: (now) => connectSettings({ kind: 'sqlite', file: join(folder, 'data', 'settings.db') }, now),
    dispose: () => rm(folder, { recursive: true }),
  }
})

migrationsContract('sqlite', async () => {
  const file = join(directory, `m${files++}.db`)
  return [await openSqliteDatabase(file), await openSqliteDatabase(file)]
})

it('says what is wrong with its file', async () => {
  const file = join(directory, 'broken.db')
  await writeFile(file, 'this is no database, however long one looks at it')
  await expect(connectSettings({ kind: 'sqlite', file })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

it('says what is wrong with the address of PostgreSQL, without showing it', async () => {
  for (const url of ['http://user:hunter2@host/db', 'postgresql://user:hunter2@host', 'hunter2']) {
    const error = await connectSettings({ kind: 'postgres', url }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'BAD_CONFIG' })
    expect(String(error)).not.toContain('hunter2')
  }
  const error = await connectSettings({ kind: 'postgres', url: 'postgresql://user:hunter2@127.0.0.1:1/db' }).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') as string })
  expect(JSON.stringify(error) + String(error)).not.toContain('hunter2')
})

it('has the same migrations for both databases, and what was stored with each', async () => {
  const [sqlite, postgres] = [await readMigrations('sqlite'), await readMigrations('postgres')]
  expect(sqlite.map(({ name }) => name)).toEqual(postgres.map(({ name }) => name))
  expect(await readdir(join(import.meta.dirname, 'migrations', 'released'))).toHaveLength(sqlite.length)
})

it('has not changed a migration that was released', async () => {
  const released = { sqlite: ['daf8cec1d904aafd1fd8c0b941eb0b36bff7c095d62a45daf203b26324f22523'], postgres: ['634d9898d5e1c4e919f3683752beea3a71fa8c8375c358581843533fc7a7170d'] }
  for (const kind of ['sqlite', 'postgres'] as const) {
    expect((await readMigrations(kind)).map(({ sha256 }) => sha256).slice(0, released[kind].length)).toEqual(released[kind])
  }
})

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { writeRunFile } from './run-file.ts'

it('says where the API is until it is removed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-run-file-'))
  const remove = await writeRunFile(directory, 'http://127.0.0.1:1')
  const path = join(directory, 'run', 'queue-manager.json')
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ url: 'http://127.0.0.1:1', pid: process.pid })
  await remove()
  await expect(readFile(path)).rejects.toMatchObject({ code: 'ENOENT' })
  await rm(directory, { recursive: true })
})

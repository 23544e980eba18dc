import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectObjects } from '../connect-objects.ts'
import { objectsContract } from '../objects-contract.ts'
import { openFolderObjects } from './open-folder-objects.ts'

objectsContract('embedded', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'streamforge-objects-'))
  return {
    open: () => connectObjects({ kind: 'embedded', directory: join(directory, 'objects') }),
    dispose: () => rm(directory, { recursive: true }),
  }
})

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'streamforge-folder-'))
})
afterAll(() => rm(directory, { recursive: true }))

it('keeps one content file an object, and no empty directories', async () => {
  const root = join(directory, 'tidy')
  const objects = await openFolderObjects({ directory: root })
  for (let version = 0; version < 3; version++) await objects.put('a/b/c', Buffer.from([version]))
  expect(await readdir(join(root, 'a/b/c'))).toHaveLength(2)
  await objects.put('a/x', Buffer.from('x'))
  await objects.delete('a/b/c')
  expect(await readdir(root, { recursive: true })).toHaveLength(4)
  await objects.delete('a/x')
  expect(await readdir(root)).toEqual([])
})

it('removes what a writer that died has left, but not what one at work is writing', async () => {
  const root = join(directory, 'abandoned')
  const now = 1_700_000_000_000
  const objects = await openFolderObjects({ directory: root, now: () => now })
  await objects.put('a', Buffer.from('1'))
  for (const [file, age] of [['object#dead', 7200], ['object#dead.tmp', 7200], ['object#working', 60]] as const) {
    await writeFile(join(root, 'a', file), 'part')
    await utimes(join(root, 'a', file), now / 1000 - age, now / 1000 - age)
  }
  await objects.put('a', Buffer.from('2'))
  const left = await readdir(join(root, 'a'))
  expect(left).toContain('object#working')
  expect(left).not.toContain('object#dead')
  expect(left).toHaveLength(3)
  expect(await objects.get('a')).toEqual(Buffer.from('2'))
})

it('uses the clock that it is given', async () => {
  const objects = await openFolderObjects({ directory: join(directory, 'clock'), now: () => 42 })
  expect((await objects.put('a', Buffer.from('1'))).modifiedAt).toBe(42)
})

it('says that the folder cannot be used', async () => {
  const file = join(directory, 'file')
  await writeFile(file, '')
  await expect(openFolderObjects({ directory: file })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

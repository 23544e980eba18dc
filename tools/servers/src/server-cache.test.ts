import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cachedFolder, cacheRoot } from './server-cache.ts'

let root: string
beforeEach(async () => { root = await mkdtemp(join(tmpdir(), 'server-cache-')) })
afterEach(() => rm(root, { recursive: true }))

it('fills a folder once', async () => {
  let fills = 0
  const fill = async (folder: string) => {
    fills++
    await writeFile(join(folder, 'jar'), 'bytes')
  }
  const folder = await cachedFolder('kafka', fill, root)
  expect(await cachedFolder('kafka', fill, root)).toBe(folder)
  expect(await readFile(join(folder, 'jar'), 'utf8')).toBe('bytes')
  expect(fills).toBe(1)
})

it('leaves nothing of a download that failed, and tries again next time', async () => {
  await expect(cachedFolder('kafka', async (folder) => {
    await writeFile(join(folder, 'half'), '')
    throw new Error('no network')
  }, root)).rejects.toThrow('no network')
  expect(await readdir(root)).toEqual([])
  await cachedFolder('kafka', (folder) => writeFile(join(folder, 'whole'), ''), root)
  expect(await readdir(join(root, 'kafka'))).toEqual(['whole'])
})

it('serves two that fill at once', async () => {
  const both = Promise.withResolvers<void>()
  let filling = 0
  const fill = async (folder: string) => {
    await writeFile(join(folder, 'jar'), '')
    if (++filling === 2) both.resolve()
    await both.promise
  }
  const folders = await Promise.all([cachedFolder('kafka', fill, root), cachedFolder('kafka', fill, root)])
  expect(folders).toEqual([join(root, 'kafka'), join(root, 'kafka')])
  expect(await readdir(root)).toEqual(['kafka'])
})

it('lies in the cache folder that the user has chosen', () => {
  expect(cacheRoot({ XDG_CACHE_HOME: '/elsewhere' })).toBe(join('/elsewhere', 'streamforge'))
})

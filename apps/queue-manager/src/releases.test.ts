import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Program } from '@streamforge/launcher'
import { connectStore, type Store } from '@streamforge/store'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { imageName } from './images.ts'
import { followReleases, releasesCollection, type Releases } from './releases.ts'

let folder: string
let store: Store
let open: Releases[]
let said: { message: string; resolve?: () => void }[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'streamforge-releases-'))
  store = await connectStore({ kind: 'embedded', file: join(folder, 'store.db') })
  open = []
  said = []
})
afterEach(async () => {
  for (const releases of open) await releases.close()
  await store.close()
  await rm(folder, { recursive: true, force: true })
})

const heard = new Map<string, () => void>()
const hears = (message: string) => new Promise<void>((resolve) => {
  if (said.some((line) => line.message === message)) resolve()
  else heard.set(message, resolve)
})
const say = (_facts: unknown, message?: string) => {
  said.push({ message: message! })
  heard.get(message!)?.()
}
const log = { info: say, error: say, warn: say } as never

async function follow(local?: { programs: Record<string, Program>; folder: string | undefined }): Promise<Releases> {
  const releases = await followReleases({ store, log, pollMs: 5, ...(local && { local }) })
  open.push(releases)
  return releases
}

const release = (version: string) => ({ _key: 'processor', app: 'processor', version, canary: 'canary-1', promoted_at: Date.UTC(2025, 0, 1) })

it('launches images of IMAGE_VERSION until another version is promoted', async () => {
  const releases = await follow()
  const image = imageName('registry.example/sf', 'v0.1.0', releases.versionOf)
  expect(image('processor', 'features_5m')).toBe('registry.example/sf/processor:v0.1.0')
  await store.writeBatch(releasesCollection, [release('v0.2.0')])
  await hears('jobs are launched with a promoted version')
  expect(image('processor', 'features_5m')).toBe('registry.example/sf/processor:v0.2.0')
  expect(image('predictor', 'forecast_5m')).toBe('registry.example/sf/predictor:v0.1.0')
})

it('knows what was promoted before it started', async () => {
  await store.ensureCollection(releasesCollection)
  await store.writeBatch(releasesCollection, [release('v0.2.0')])
  expect((await follow()).versionOf('processor')).toBe('v0.2.0')
})

it('runs a checkout of RELEASES_DIR on this machine, and none that is not there', async () => {
  const script = join(folder, 'v0.2.0/apps/processor/src/main.ts')
  await mkdir(join(script, '..'), { recursive: true })
  await writeFile(script, '')
  const programs: Record<string, Program> = { processor: { command: ['old'] } }
  const releases = await follow({ programs, folder })
  await store.writeBatch(releasesCollection, [release('v0.3.0')])
  await hears('a promoted version is not in RELEASES_DIR; jobs go on with the one before')
  expect(programs['processor']!.command).toEqual(['old'])
  expect(releases.versionOf('processor')).toBeUndefined()
  await store.writeBatch(releasesCollection, [release('v0.2.0')])
  await hears('jobs are launched with a promoted version')
  expect(programs['processor']!.command.at(-1)).toBe(script)
  expect(said.filter(({ message }) => message.startsWith('a promoted version is not'))).toHaveLength(1)
})

it('takes nothing that is no version', async () => {
  await store.ensureCollection(releasesCollection)
  await store.writeBatch(releasesCollection, [release('../../etc'), { ...release('v1.0.0'), _key: 'trainer', app: 'trainer' }])
  const releases = await follow({ programs: {}, folder })
  expect([releases.versionOf('processor'), releases.versionOf('trainer')]).toEqual([undefined, undefined])
})

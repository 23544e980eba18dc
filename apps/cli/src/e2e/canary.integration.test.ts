import { connectBus } from '@streamforge/bus'
import { catalog, ControlMessage, Release } from '@streamforge/contracts'
import { connectStore, type Store } from '@streamforge/store'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeFeatures, repositoryRoot, runCanary } from './canary-fixture.ts'
import { startSimulatedPlatform, type SimulatedPlatform } from './simulated-platform.ts'

let releases: string
let running: SimulatedPlatform
let store: Store

/** A version of some apps, as a checkout would have it, with a change. */
async function release(version: string, change: (text: string) => string, file: string): Promise<void> {
  const folder = join(releases, version)
  await mkdir(join(folder, 'apps'), { recursive: true })
  await symlink(join(repositoryRoot, 'node_modules'), join(folder, 'node_modules'))
  for (const app of ['processor', 'arango-connector']) await cp(join(repositoryRoot, 'apps', app), join(folder, 'apps', app), { recursive: true, filter: (source) => !/\.types|node_modules/.test(source) })
  const path = join(folder, 'apps', file)
  const before = await readFile(path, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  await writeFile(path, after)
}

const mark = 'process.stdout.write(\'{"runs":"v0.2.0"}\\n\')\n'
beforeAll(async () => {
  releases = await mkdtemp(join(tmpdir(), 'streamforge-releases-'))
  // The same results, by other code; and a factor that somebody forgot.
  await release('v0.2.0', (text) => `${mark}${text}`, 'processor/src/main.ts')
  await release('v0.3.0', (text) => text.replace('value: JSON.stringify(row)', 'value: JSON.stringify({ ...row, close: row.close * 1.001 })'), 'processor/src/symbol-run.ts')
  running = await startSimulatedPlatform({ env: { RELEASES_DIR: releases, RELEASES_POLL_MS: '50' } })
  store = await connectStore({ kind: 'embedded', file: join(running.platform.dataDir, 'store.db') })
})
afterAll(async () => {
  await store?.close()
  await running?.close()
  await rm(releases, { recursive: true, force: true })
})

const canary = (queue: string, ...args: string[]) => runCanary(running.platform.dataDir, releases, [queue, ...args])
const promoted = async () => (await store.find('releases')).map((document) => Release.parse(document).version)

it('a version that makes something else is refused, one that makes the same is promoted, and the next jobs run it', { timeout: 120_000 }, async () => {
  const queues = await makeFeatures(running)
  const features = queues.get('ALL features_5m')!

  const changed = await canary(features, '--app', 'processor', '--release', 'v0.3.0', '--promote')
  expect(changed).toMatchObject({ code: 1, report: { verdict: 'refused', comparison: { agree: false, equal: 0, missing: 0, extra: 0 } } })
  expect(changed.report.comparison.different).toBe(changed.report.comparison.compared)
  expect(changed.report.comparison.differences[0]).toMatchObject({ field: 'close' })
  expect(changed.report.comparison.largest).toBeCloseTo(0.001, 5)
  expect(await promoted()).toEqual([])

  const equal = await canary(features, '--app', 'processor', '--release', 'v0.2.0', '--promote')
  expect(equal).toMatchObject({ code: 0, report: { verdict: 'promoted', comparison: { agree: true, different: 0, missing: 0, extra: 0, largest: 0 } } })
  expect(equal.report.comparison.equal).toBeGreaterThan(500)
  expect(await promoted()).toEqual(['v0.2.0'])

  const stored = await canary(queues.get('BTCUSDT api_candles_5m')!, '--app', 'arango-connector', '--release', 'v0.3.0')
  expect(stored).toMatchObject({ code: 0, report: { verdict: 'agreed', comparison: { compared: 288, equal: 288 } } })

  await expectNothingLeft()
  const next = await makeFeatures(running)
  expect(await imagesOf(next.get('ALL features_5m')!)).toEqual([expect.stringMatching(/\/processor:v0\.2\.0$/), expect.stringMatching(/\/arango-connector:v0\.1\.0$/)])
  const jobs = join(running.platform.dataDir, 'jobs')
  const log = (await readdir(jobs)).find((name) => name.endsWith('.log') && name.includes(`${next.get('ALL features_5m')!}--processor`))!
  expect(await readFile(join(jobs, log), 'utf8')).toContain('{"runs":"v0.2.0"}')
})

/** Shadows take their topics and collections with them. */
async function expectNothingLeft(): Promise<void> {
  const bus = await connectBus({ kind: 'embedded', directory: join(running.platform.dataDir, 'bus') })
  expect((await bus.admin.listTopics()).filter((name) => name.includes('canary'))).toEqual([])
  await bus.close()
  expect((await store.listCollections()).map(({ name }) => name).filter((name) => name.startsWith('canary_'))).toEqual([])
  for (const collection of ['stages', 'coverage', 'feature_state', 'stream_markers', 'connector_counts']) {
    expect((await store.find(collection)).filter((document) => JSON.stringify(document).includes('canary-wf-')), collection).toEqual([])
  }
}

async function imagesOf(queueId: string): Promise<string[]> {
  const bus = await connectBus({ kind: 'embedded', directory: join(running.platform.dataDir, 'bus') })
  const messages = await bus.admin.peek(catalog['queue-control'].topic, { partition: 0, limit: 10_000 })
  await bus.close()
  return messages.map(({ value }) => ControlMessage.parse(JSON.parse(value.toString())))
    .flatMap((message) => (message.command === 'start' && message.queue_id === queueId ? [message] : []))
    .toSorted((a, b) => (a.target < b.target ? 1 : -1)).map(({ image }) => image)
}
